-- How each step ended, by the first rule that tells.
CREATE OR REPLACE TEMP TABLE step_outcomes AS
SELECT trace_id, span_id, outcome, evidence, rule
FROM step_outcome_candidates
QUALIFY row_number() OVER (PARTITION BY trace_id, span_id ORDER BY priority) = 1;
