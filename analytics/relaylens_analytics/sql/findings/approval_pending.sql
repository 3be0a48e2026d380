-- A person was asked and the answer is missing: the work waits, or it ended.
-- id: A1
-- layer: agents
-- reads: structure
-- on: yes
-- parameter: least_unanswered = 3, other questions of the same kind without any answer that show that answers are not recorded here
-- exempt: a question that was asked again and answered, where what follows the answer is recorded as a run of its own
-- exempt: frameworks and instrumentations that never show an answer
-- needs: new_escalations
WITH pending AS (
    SELECT *
    FROM new_escalations AS e
    WHERE e.state = 'pending'
      AND NOT EXISTS (
          SELECT 1 FROM new_escalations AS a
          WHERE a.answered_at >= e.requested_at AND a.agent = e.agent AND a.tool_name = e.tool_name AND a.question = e.question
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

SELECT 'approval_pending' AS detector, 'medium' AS severity, e.run, e.trace_id, e.span_id, [e.trace_id || ':' || e.span_id] AS span_ids,
       e.agent, e.agent AS blamed_agent, CASE WHEN e.rule = 'stated' THEN 'rule' ELSE 'inferred' END AS certainty,
       'The question of ' || coalesce(e.agent, 'an agent') || ' to a person has no answer' AS message,
       left(e.question, 500) AS evidence, epoch_us(e.requested_at) * 1000 AS found_at
FROM pending AS e
LEFT JOIN others AS o USING (escalation)
WHERE coalesce(o.answered > 0 OR o.unanswered < getvariable('approval_pending_least_unanswered'), TRUE)
