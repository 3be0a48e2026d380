-- What a tool answered in a number was never used: no later call and no answer has it.
-- id: G4
-- layer: run
-- reads: content
-- on: measured
-- exempt: long results, of which most is not needed
-- exempt: calculations, which `ignored_calculation` looks at
-- needs: short_results
-- needs: run_outcomes
SELECT 'unused_result' AS detector, 'low' AS severity, s.run, arg_max(w.trace_id, (s.t0, s.span)) AS trace_id, arg_max(w.span_id, (s.t0, s.span)) AS span_id,
       list(w.trace_id || ':' || w.span_id ORDER BY s.t0, s.span) AS span_ids, s.agent, s.agent AS blamed_agent, 'rule' AS certainty,
       'What the tool ' || s.tool_key || ' answered was not used' AS message, arg_max(s.result, (s.t0, s.span)) AS evidence, max(s.t1) AS found_at
FROM short_results AS s
JOIN work_spans AS w USING (span)
JOIN run_outcomes AS o USING (run)
WHERE o.outcome = 'completed' AND NOT s.is_calculation
  AND NOT EXISTS (
      SELECT 1
      FROM (SELECT i.span, i.run, i.t1, unnest(i.numbers) AS number FROM short_results AS i) AS n
      JOIN used_numbers AS u ON u.run = n.run AND u.number = n.number AND u.last_used >= n.t1
      WHERE n.span = s.span
  )
GROUP BY s.run, s.step, s.agent, s.tool_key
