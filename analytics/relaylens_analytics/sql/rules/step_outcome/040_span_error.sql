-- The turn's own span ended with an error.
SELECT s.trace_id, s.span_id, 'failed' AS outcome, 'rule' AS evidence
FROM work_steps AS s
JOIN span_errors AS e USING (trace_id, span_id)
WHERE e.is_error
