-- A call that was to change something failed and was not made good, and the agent then said that it was done.
-- id: E4
-- layer: run
-- reads: content
-- on: yes
-- exempt: calls of tools that only look something up, by their name
-- exempt: what the agent says after another change that worked
-- needs: unrecovered_writes
SELECT 'false_success' AS detector, 'high' AS severity, u.run, w.trace_id, w.span_id,
       [w.trace_id || ':' || w.span_id, v.trace_id || ':' || v.span_id] AS span_ids,
       u.agent, u.agent AS blamed_agent, 'inferred' AS certainty,
       'The tool ' || u.tool_key || ' failed, and the agent ' || coalesce(u.agent, 'unknown') || ' said that it was done' AS message,
       left(r.text, 501) AS evidence, r.t1 AS found_at
FROM unrecovered_writes AS u
JOIN work_spans AS w USING (span)
JOIN reply_texts AS r ON r.run = u.run AND r.step IS NOT DISTINCT FROM u.step AND r.t0 >= u.t1 AND r.span_class = 'llm'
JOIN work_spans AS v ON v.span = r.span
WHERE claims_success(left(r.text, 2000))
  AND NOT EXISTS (SELECT 1 FROM called_tools AS c WHERE c.run = u.run AND c.is_write AND c.worked AND c.t0 > u.t0 AND c.t0 < r.t0)
QUALIFY row_number() OVER (PARTITION BY u.run, u.step, u.tool_key ORDER BY r.t0, r.span, u.t0 DESC) = 1
