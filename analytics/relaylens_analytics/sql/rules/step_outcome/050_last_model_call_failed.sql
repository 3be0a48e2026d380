-- The turn's last model call failed and none after it succeeded.
-- A call of several steps, within which another one failed, ends after that one.
-- needs: span_errors
SELECT f.step, 'failed' AS outcome, 'rule' AS evidence
FROM work_facts AS f
JOIN work_spans AS w USING (span)
LEFT JOIN span_errors AS e USING (span)
WHERE f.span_class = 'llm' AND f.step IS NOT NULL
GROUP BY f.step
HAVING arg_max(coalesce(e.is_error, FALSE), (coalesce(w.t1, w.t0), w.t0))
