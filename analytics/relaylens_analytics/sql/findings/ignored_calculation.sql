-- What the last calculation gave is not in what was said after it.
-- id: G3
-- layer: run
-- reads: content
-- on: measured
-- exempt: a result that is said rounded
-- needs: short_results
-- needs: run_outcomes
WITH last AS (
    SELECT run, step, arg_max(span, (t0, span)) AS span FROM short_results WHERE is_calculation GROUP BY run, step
)

SELECT 'ignored_calculation' AS detector, 'low' AS severity, s.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       s.agent, s.agent AS blamed_agent, 'rule' AS certainty,
       'What the tool ' || s.tool_key || ' calculated last is not in the answer' AS message, s.result AS evidence, s.t1 AS found_at
FROM last
JOIN short_results AS s USING (span)
JOIN work_spans AS w USING (span)
JOIN run_outcomes AS o ON o.run = s.run
WHERE o.outcome = 'completed'
  AND NOT EXISTS (
      SELECT 1
      FROM (SELECT i.span, i.run, i.t1, unnest(i.numbers) AS number FROM short_results AS i) AS n
      JOIN used_numbers AS u ON u.run = n.run AND u.last_used >= n.t1 AND round(u.number, 0) = round(n.number, 0)
      WHERE n.span = s.span
  )
