-- The last thing an agent's turn did with tools was to change something, and nothing looked at it afterwards.
-- id: V1
-- layer: run
-- reads: structure
-- on: no
-- needs: called_tools
SELECT 'unverified_change' AS detector, 'low' AS severity, l.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       l.agent, l.agent AS blamed_agent, 'rule' AS certainty,
       'Nothing looked at what the tool ' || l.tool_key || ' had changed' AS message, NULL AS evidence, l.t1 AS found_at
FROM (SELECT * FROM called_tools QUALIFY row_number() OVER (PARTITION BY run, step ORDER BY t0 DESC, span DESC) = 1) AS l
JOIN work_spans AS w USING (span)
WHERE l.is_write AND l.worked
