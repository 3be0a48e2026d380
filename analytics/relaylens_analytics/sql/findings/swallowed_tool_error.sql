-- A tool failed, the same tool never succeeded later in the run, and the run went on to an answer all the same.
SELECT 'swallowed_tool_error' AS detector, 'high' AS severity, f.run, f.trace_id, f.span_id, [f.trace_id || ':' || f.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'rule' AS certainty,
       'The tool ' || t.tool_key || ' failed and the work went on without it' AS message,
       left(coalesce(w.exception_message, nullif(w.status_text, ''), t.result), 500) AS evidence, w.t1 AS found_at
FROM work_facts AS f
JOIN work_tools AS t USING (trace_id, span_id)
JOIN work_spans AS w USING (trace_id, span_id)
JOIN span_errors AS e USING (trace_id, span_id)
WHERE (e.is_origin OR e.is_soft_error)
  AND (f.trace_id, f.span_id) NOT IN (SELECT (trace_id, span_id) FROM handoff_candidates)
  AND NOT EXISTS (
      SELECT 1 FROM work_facts AS g
      JOIN work_tools AS u USING (trace_id, span_id)
      JOIN span_errors AS d USING (trace_id, span_id)
      WHERE g.run = f.run AND u.tool_key = t.tool_key AND u.t0 > t.t0 AND NOT d.is_error AND NOT d.is_soft_error
  )
  AND EXISTS (SELECT 1 FROM run_outcomes AS o WHERE o.run = f.run AND o.outcome IN ('completed', 'escalated'))
UNION ALL
-- the same where tools have no spans: the error is only in what the model was told or in a bus message
SELECT 'swallowed_tool_error', 'high', f.run, e.trace_id, e.span_id, [e.trace_id || ':' || e.span_id],
       f.agent, f.agent, 'inferred',
       'A tool answered with an error and the work went on without it', left(e.text, 500), e.t0
FROM told_errors AS e
JOIN work_facts AS f USING (trace_id, span_id)
WHERE NOT EXISTS (SELECT 1 FROM work_tools AS t JOIN work_runs AS r USING (trace_id) WHERE r.run = f.run AND t.tool_key = e.tool_key)
  AND EXISTS (SELECT 1 FROM run_outcomes AS o WHERE o.run = f.run AND o.outcome IN ('completed', 'escalated'))
