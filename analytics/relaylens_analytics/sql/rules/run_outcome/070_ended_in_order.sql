-- The run ended in order.
SELECT DISTINCT run, 'completed' AS outcome, 'inferred' AS evidence, NULL AS reason
FROM work_runs
WHERE run IS NOT NULL
