-- The findings of these runs with those of the baseline.
UPDATE runs SET findings = findings + 1 WHERE run IN (SELECT run FROM unusual_runs)
