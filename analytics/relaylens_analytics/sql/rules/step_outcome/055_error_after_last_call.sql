-- What lies around the turn's last model call ended with an error, and nothing in the turn came after it: what the model asked for could not be done.
-- needs: span_errors
WITH last_calls AS (
    SELECT f.step, max(w.t0) AS t0
    FROM work_facts AS f
    JOIN work_spans AS w USING (span)
    WHERE f.span_class = 'llm' AND f.step IN (SELECT h.step FROM span_errors JOIN work_facts AS h USING (span) WHERE is_error AND h.span_class = 'chain')
    GROUP BY f.step
)

SELECT DISTINCT f.step, 'failed' AS outcome, 'rule' AS evidence
FROM span_errors AS e
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
JOIN last_calls AS l ON l.step = f.step AND l.t0 BETWEEN w.t0 AND w.t1
WHERE e.is_error AND f.span_class = 'chain'
  AND NOT EXISTS (
      SELECT 1
      FROM work_facts AS g
      JOIN work_spans AS v USING (span)
      WHERE g.step = f.step AND v.t0 >= w.t1
  )
