-- How each step ended, by the first rule that tells.
-- needs: work_steps
SELECT step, outcome, evidence, rule
FROM step_outcome_candidates
QUALIFY row_number() OVER (PARTITION BY step ORDER BY priority) = 1
