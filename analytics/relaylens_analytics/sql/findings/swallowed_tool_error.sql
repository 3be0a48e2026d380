-- A tool failed and never worked later in the run, and the run went on to an answer all the same.
-- id: E1, E2
-- layer: run
-- reads: structure, content
-- on: yes
-- exempt: retries: a later call of the same tool that worked
-- exempt: calls that a person denied, and exceptions that only steer the framework
-- exempt: where other tools worked later in the turn: a look-up that found nothing, and a change that another tool made in its place
-- needs: unrecovered_calls | told_errors
SELECT 'swallowed_tool_error' AS detector, CASE WHEN bool_and(u.went_on) THEN 'medium' ELSE 'high' END AS severity,
       u.run, arg_max(w.trace_id, (u.t0, u.span)) AS trace_id,
       arg_max(w.span_id, (u.t0, u.span)) AS span_id, list(w.trace_id || ':' || w.span_id ORDER BY u.t0, u.span) AS span_ids,
       u.agent, u.agent AS blamed_agent, 'rule' AS certainty,
       'The tool ' || u.tool_key || ' failed' || CASE WHEN bool_and(u.went_on) THEN ', other tools were used after it,' ELSE '' END
           || ' and the work went on without it' AS message,
       arg_max(left(coalesce(w.exception_message, nullif(w.status_text, ''), u.result), 501), (u.t0, u.span)) AS evidence, max(w.t1) AS found_at
FROM unrecovered_calls AS u
JOIN work_spans AS w USING (span)
WHERE NOT u.is_made_up_for
GROUP BY u.run, u.step, u.agent, u.tool_key
UNION ALL
-- the same where tools have no spans: the error is only in what the model was told or in a bus message
SELECT 'swallowed_tool_error', 'high', f.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id],
       f.agent, f.agent, 'inferred',
       'A tool answered with an error and the work went on without it', left(e.text, 501), e.t0
FROM told_errors AS e
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
WHERE NOT EXISTS (SELECT 1 FROM work_tools AS t JOIN work_runs AS r USING (trace) WHERE r.run = f.run AND t.tool_key = e.tool_key)
  AND EXISTS (SELECT 1 FROM run_outcomes AS o WHERE o.run = f.run AND o.outcome IN ('completed', 'escalated'))
