-- The turn's span has no end yet.
SELECT s.step, 'running' AS outcome, 'rule' AS evidence
FROM work_steps AS s
WHERE s.t1 IS NULL OR s.t1 = 0
