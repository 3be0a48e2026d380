-- Questions to a person that have no answer, or got it when all was said, with the turn that asked and whether answers to such ones are
-- recorded: a framework that pauses by its own account leaves no doubt that the question was open.
-- needs: new_escalations
-- needs: detector approval_pending | detector answered_while_pending
WITH pending AS (
    SELECT *
    FROM new_escalations AS e
    WHERE (e.state = 'pending'
           OR e.rule = 'stated' AND NOT EXISTS (SELECT 1 FROM work_steps AS s WHERE s.run = e.run AND s.t1 >= epoch_us(e.answered_at) * 1000))
      AND NOT EXISTS (
          SELECT 1 FROM new_escalations AS a
          WHERE a.answered_at >= e.requested_at AND a.agent = e.agent AND a.tool_name = e.tool_name AND a.question = e.question
                AND a.escalation <> e.escalation
      )
),

others AS (
    SELECT p.escalation, count(*) FILTER (WHERE o.answered_at IS NULL) AS unanswered, count(o.answered_at) AS answered
    FROM pending AS p
    JOIN (
        SELECT escalation, service_name, rule, tool_name, answered_at FROM new_escalations
        UNION
        SELECT escalation, service_name, rule, tool_name, answered_at FROM escalations
    ) AS o ON o.service_name IS NOT DISTINCT FROM p.service_name AND o.rule = p.rule AND o.tool_name IS NOT DISTINCT FROM p.tool_name
          AND o.escalation <> p.escalation
    WHERE p.rule <> 'stated'
    GROUP BY p.escalation
)

SELECT e.escalation, e.run, e.trace_id, e.span_id, e.agent, e.rule, e.question, epoch_us(e.requested_at) * 1000 AS asked,
       epoch_us(e.answered_at) * 1000 AS answered,
       -- a question that went over a bus was asked in the turn that its agent had last
       coalesce(k.step, (SELECT arg_max(s.step, s.t0) FROM work_steps AS s
                         WHERE s.run = e.run AND s.agent = e.agent AND s.t0 <= epoch_us(e.requested_at) * 1000)) AS step,
       coalesce(o.answered > 0 OR o.unanswered < getvariable('approval_pending_least_unanswered'), TRUE) AS is_recorded,
       EXISTS (
           SELECT 1 FROM work_requests AS q JOIN work_facts AS f USING (span)
           WHERE f.run = e.run AND f.agent = e.agent AND q.pauses AND q.rule NOT IN ('stated', 'person_tool', 'person_call')
       ) AS is_paused,
       -- what the call gave back says that nobody has decided: else it would be the answer
       e.rule = 'person_tool' AND r.span IN (SELECT span FROM work_tools WHERE result IS NOT NULL AND NOT is_blank(result)) AS is_told_open
FROM pending AS e
JOIN work_traces AS c USING (trace_id)
JOIN work_rows AS r ON r.trace = c.trace AND r.span_id = e.span_id
JOIN work_facts AS k ON k.span = r.span
LEFT JOIN others AS o USING (escalation)
WHERE is_recorded OR is_paused
