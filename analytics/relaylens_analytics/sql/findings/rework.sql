-- A validator sent work back.
-- id: W1
-- layer: agents
-- reads: structure, content
-- on: yes
-- needs: new_validations
SELECT 'rework' AS detector, 'low' AS severity, v.run, v.trace_id, v.span_id, [v.trace_id || ':' || v.span_id] AS span_ids,
       v.validator AS agent, v.subject AS blamed_agent, CASE WHEN v.rule = 'stated' THEN 'stated' ELSE 'inferred' END AS certainty,
       'The agent ' || coalesce(v.validator, 'unknown') || ' sent work back to ' || coalesce(v.subject, 'its author') AS message,
       left(v.reason, 501) AS evidence, epoch_us(v.judged_at) * 1000 AS found_at
FROM new_validations AS v
WHERE v.verdict = 'rejected'
