-- Questions to a person that have no answer, or got it when all was said, with the turn that asked and whether answers to such ones are
-- recorded: a framework that pauses by its own account leaves no doubt that the question was open.
-- needs: new_escalations
-- needs: detector approval_pending | detector answered_while_pending
WITH waiting AS (
    SELECT *
    FROM new_escalations AS e
    WHERE e.state = 'pending'
       OR e.rule = 'stated' AND NOT EXISTS (SELECT 1 FROM work_steps AS s WHERE s.run = e.run AND s.t1 >= epoch_us(e.answered_at) * 1000)
),

-- Questions with which a run begins, before any call of a model or another tool: where another run ended with the same one, it goes on there.
placed AS (
    SELECT q.escalation, q.service_name, q.agent, q.tool_name, q.question, q.requested_at, q.answered_at,
           NOT EXISTS (
               SELECT 1 FROM work_facts AS f JOIN work_spans AS w USING (span) LEFT JOIN work_tools AS t USING (span)
               WHERE f.run = q.run AND w.t0 < epoch_us(q.requested_at) * 1000
                 AND (f.span_class = 'llm' OR f.span_class = 'tool' AND t.tool_name IS DISTINCT FROM q.tool_name)
           ) AND NOT EXISTS (
               SELECT 1 FROM work_steps AS s WHERE s.run = q.run AND s.agent <> q.agent AND s.t0 < epoch_us(q.requested_at) * 1000
           ) AS is_first
    FROM new_escalations AS q
    WHERE EXISTS (
        SELECT 1 FROM waiting AS e
        WHERE e.agent = q.agent AND e.tool_name = q.tool_name AND e.question = q.question AND e.service_name IS NOT DISTINCT FROM q.service_name
    )
),

-- each run that goes on answers one
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY service_name, agent, tool_name, question, is_first ORDER BY requested_at, escalation) AS place
    FROM placed
    WHERE is_first = (answered_at IS NOT NULL)
),

pending AS (
    SELECT *
    FROM waiting AS e
    WHERE NOT EXISTS (
        SELECT 1 FROM new_escalations AS a
        WHERE a.conversation = e.conversation AND a.answered_at >= e.requested_at AND a.agent = e.agent AND a.tool_name = e.tool_name
              AND a.question = e.question AND a.escalation <> e.escalation
    ) AND NOT EXISTS (
        SELECT 1 FROM numbered AS q
        JOIN numbered AS a ON a.service_name IS NOT DISTINCT FROM q.service_name AND a.agent = q.agent AND a.tool_name = q.tool_name
                           AND a.question = q.question AND a.place = q.place
        WHERE q.escalation = e.escalation AND NOT q.is_first AND a.is_first AND a.answered_at >= q.requested_at
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
