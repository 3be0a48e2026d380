-- The turn ended in order.
SELECT s.trace_id, s.span_id, 'completed' AS outcome, 'inferred' AS evidence
FROM work_steps AS s
