-- How each run ended, by the first rule that tells.
CREATE OR REPLACE TEMP TABLE run_outcomes AS
SELECT run, outcome, evidence, reason, rule
FROM run_outcome_candidates
WHERE run IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY run ORDER BY priority) = 1;
