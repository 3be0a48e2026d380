-- The work went on with many calls after the last one that changed something.
-- id: L4
-- layer: run
-- reads: structure
-- on: no
-- parameter: least_calls = 5, tool calls after the last change
-- needs: called_tools
WITH counted AS (
    SELECT *, max(t0) FILTER (WHERE is_write AND worked) OVER (PARTITION BY run) AS changed_at FROM called_tools
)

SELECT 'work_after_change' AS detector, 'low' AS severity, c.run, any_value(w.trace_id) AS trace_id, arg_max(w.span_id, (c.t0, c.span)) AS span_id,
       list(w.trace_id || ':' || w.span_id ORDER BY c.t0, c.span) AS span_ids, arg_max(c.agent, (c.t0, c.span)) AS agent,
       arg_max(c.agent, (c.t0, c.span)) AS blamed_agent, 'rule' AS certainty,
       'The run went on with ' || count(*) || ' calls after its last change' AS message, NULL AS evidence, max(c.t1) AS found_at
FROM counted AS c
JOIN work_spans AS w USING (span)
WHERE c.t0 > c.changed_at
GROUP BY c.run
HAVING count(*) >= getvariable('work_after_change_least_calls')
