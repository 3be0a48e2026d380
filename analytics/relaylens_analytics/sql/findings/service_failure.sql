-- A tool's result says in words that a service refused, timed out or was not there, without an error on any span, and the same call never worked later.
-- id: E3
-- layer: run
-- reads: content
-- on: yes
-- parameter: longest_result = 300, characters of a result up to which such words are what it says
-- exempt: retries: a later call of the same tool with another result
-- exempt: longer results and documents of data, in which such words are contents
-- needs: service_failures
SELECT 'service_failure' AS detector, 'medium' AS severity, s.run, arg_max(w.trace_id, (s.t0, s.span)) AS trace_id,
       arg_max(w.span_id, (s.t0, s.span)) AS span_id, list(w.trace_id || ':' || w.span_id ORDER BY s.t0, s.span) AS span_ids,
       s.agent, s.agent AS blamed_agent, 'rule' AS certainty,
       'The tool ' || s.tool_key || ' answered that a service failed, and the work went on without it' AS message,
       arg_max(left(s.result, 501), (s.t0, s.span)) AS evidence, max(s.t1) AS found_at
FROM service_failures AS s
JOIN work_spans AS w USING (span)
JOIN run_outcomes AS o USING (run)
WHERE o.outcome IN ('completed', 'escalated')
GROUP BY s.run, s.step, s.agent, s.tool_key
