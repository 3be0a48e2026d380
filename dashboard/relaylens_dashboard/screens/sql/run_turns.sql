-- Whose turn was it in a slice of a run?
-- $run; $conversation: NULL where the run's id says enough; $first and $last: positions of the steps.
SELECT
    step, conversation, trace_id, span_id, position, parent_step, agent, agent_version, service_name, started_at, ended_at, duration_ms,
    outcome, outcome_evidence, outcome_rule, model, model_calls, tool_calls, errors, soft_errors, input_tokens, output_tokens, cost_usd
FROM steps
WHERE run = $run
    AND ($conversation IS NULL OR conversation = $conversation)
    AND position BETWEEN $first::BIGINT AND $last::BIGINT
ORDER BY position, step
