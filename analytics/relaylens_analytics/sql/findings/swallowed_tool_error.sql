-- A tool failed, the same tool never succeeded later in the run, and the run went on to an answer all the same.
-- id: E2
-- layer: run
-- reads: structure, content
-- on: yes
-- exempt: a later call of the same tool that worked
-- needs: span_errors | told_errors
SELECT 'swallowed_tool_error' AS detector, 'high' AS severity, f.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'rule' AS certainty,
       'The tool ' || t.tool_key || ' failed and the work went on without it' AS message,
       left(coalesce(w.exception_message, nullif(w.status_text, ''), t.result), 500) AS evidence, w.t1 AS found_at
FROM work_facts AS f
JOIN work_tools AS t USING (span)
JOIN work_spans AS w USING (span)
JOIN span_errors AS e USING (span)
WHERE (e.is_origin OR e.is_soft_error)
  AND f.span NOT IN (SELECT span FROM handoff_candidates)
  AND NOT EXISTS (
      SELECT 1 FROM work_facts AS g
      JOIN work_tools AS u USING (span)
      ANTI JOIN span_errors USING (span)
      WHERE g.run = f.run AND u.tool_key = t.tool_key AND u.t0 > t.t0
  )
  AND EXISTS (SELECT 1 FROM run_outcomes AS o WHERE o.run = f.run AND o.outcome IN ('completed', 'escalated'))
UNION ALL
-- the same where tools have no spans: the error is only in what the model was told or in a bus message
SELECT 'swallowed_tool_error', 'high', f.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id],
       f.agent, f.agent, 'inferred',
       'A tool answered with an error and the work went on without it', left(e.text, 500), e.t0
FROM told_errors AS e
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
WHERE NOT EXISTS (SELECT 1 FROM work_tools AS t JOIN work_runs AS r USING (trace) WHERE r.run = f.run AND t.tool_key = e.tool_key)
  AND EXISTS (SELECT 1 FROM run_outcomes AS o WHERE o.run = f.run AND o.outcome IN ('completed', 'escalated'))
