-- No span of the run is a root yet: the outermost span has not arrived.
SELECT run, 'running' AS outcome, 'rule' AS evidence, 'The outermost span has not arrived' AS reason
FROM work_runs
GROUP BY run
HAVING NOT bool_or(has_root)
