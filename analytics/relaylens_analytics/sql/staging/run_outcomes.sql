-- How each run ended, by the first rule that tells.
SELECT run, outcome, evidence, reason, rule
FROM run_outcome_candidates
WHERE run IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY run ORDER BY priority) = 1
