-- The turn ended in order.
SELECT s.step, 'completed' AS outcome, 'inferred' AS evidence
FROM work_steps AS s
