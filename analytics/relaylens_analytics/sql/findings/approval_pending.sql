-- The run has ended and a person's answer is still missing.
-- id: A1
-- layer: agents
-- reads: structure
-- on: yes
-- needs: new_escalations
SELECT 'approval_pending' AS detector, 'medium' AS severity, e.run, e.trace_id, e.span_id, [e.trace_id || ':' || e.span_id] AS span_ids,
       e.agent, e.agent AS blamed_agent, 'rule' AS certainty,
       'The question of ' || coalesce(e.agent, 'an agent') || ' to a person has no answer' AS message,
       left(e.question, 500) AS evidence, epoch_us(e.requested_at) * 1000 AS found_at
FROM new_escalations AS e
WHERE e.state = 'pending' AND e.rule = 'stated'
