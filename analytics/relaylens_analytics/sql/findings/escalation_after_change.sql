-- The agent left the work to a person after it had changed something.
-- id: C3
-- layer: run
-- reads: structure
-- on: no
-- needs: called_tools
SELECT 'escalation_after_change' AS detector, 'low' AS severity, c.run, any_value(w.trace_id) AS trace_id,
       arg_min(w.span_id, (c.t0, c.span)) AS span_id, list(w.trace_id || ':' || w.span_id ORDER BY c.t0, c.span) AS span_ids,
       c.agent, c.agent AS blamed_agent, 'rule' AS certainty,
       'The agent ' || coalesce(c.agent, 'unknown') || ' changed something and then left the work to a person' AS message,
       string_agg(DISTINCT c.tool_key, ', ') AS evidence, max(c.t1) AS found_at
FROM called_tools AS c
JOIN work_spans AS w USING (span)
JOIN new_handoffs AS h ON h.run = c.run AND h.target_type = 'human' AND epoch_us(h.offered_at) * 1000 >= c.t0
WHERE c.is_write AND c.worked
GROUP BY c.run, c.agent
