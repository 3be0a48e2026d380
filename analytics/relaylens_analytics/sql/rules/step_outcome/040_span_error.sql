-- The turn's own span ended with an error.
-- needs: span_errors
SELECT s.step, 'failed' AS outcome, 'rule' AS evidence
FROM work_steps AS s
JOIN span_errors AS e ON e.span = s.step
WHERE e.is_error
