-- The same was asked again of an agent, or of another one, after it had been answered, and the answer was the same.
-- id: P1
-- layer: agents
-- reads: content
-- on: yes
-- exempt: agents that are asked the same at the same time, an answer that changes, and a request repeated after a failure
-- exempt: three times the same and more, which is a loop
-- exempt: an agent that hands on what it was asked itself
-- exempt: work that was sent back in between, which is rework
-- needs: repeated_requests
SELECT 'duplicated_work' AS detector, 'medium' AS severity, p.run, w.trace_id, w.span_id,
       [w.trace_id || ':' || w.span_id, f.trace_id || ':' || f.span_id] AS span_ids,
       p.again_from AS agent, p.again_from AS blamed_agent, s.trace_id || ':' || s.span_id AS blamed_step, 'rule' AS certainty,
       'The agent ' || p.again_from || ' asked ' || p.again_to || ' for what ' || CASE WHEN p.again_to = p.to_agent THEN 'it' ELSE p.to_agent END
           || ' had answered before' AS message,
       left(p.again_answer, 501) AS evidence, p.again_t0 AS found_at
FROM repeated_requests AS p
JOIN work_spans AS w ON w.span = p.again_span
JOIN work_spans AS f ON f.span = p.span
JOIN work_spans AS s ON s.span = p.again_from_step
WHERE p.again_from <> p.to_agent AND p.is_after AND p.to_outcome = 'completed' AND trim(p.answer) <> ''
  -- agents that are told of the same case say its values too: only of the same agent are they the same answer in other words
  AND (trim(p.answer) = trim(p.again_answer) OR p.to_agent = p.again_to AND len(p.handed) > 0 AND list_sort(p.handed) = list_sort(p.again_handed))
  AND NOT EXISTS (SELECT 1 FROM repeated_delegations AS d WHERE d.run = p.run AND d.from_agent = p.again_from AND d.to_agent = p.again_to)
  AND NOT EXISTS (SELECT 1 FROM looped_pairs AS l WHERE l.run = p.run AND l.a = least(p.again_from, p.again_to) AND l.b = greatest(p.again_from, p.again_to))
  AND NOT EXISTS (
      SELECT 1 FROM new_validations AS v
      WHERE v.run = p.run AND v.verdict = 'rejected' AND epoch_us(v.judged_at) * 1000 BETWEEN p.t0 AND p.again_t0
  )
QUALIFY row_number() OVER (PARTITION BY p.again ORDER BY p.t0 DESC) = 1
