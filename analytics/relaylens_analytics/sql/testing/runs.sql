-- The runs of a test, in the order they began.
SELECT run, name, outcome, outcome_evidence, outcome_reason
FROM runs
ORDER BY started_at, run;
