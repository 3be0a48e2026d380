-- Whose turn was it in a run, when, and what came of it?
-- $run; $conversation: NULL where the run's id says enough; $limit: at most so many; texts are cut after $text_limit characters.
WITH page AS MATERIALIZED (
    SELECT *
    FROM steps
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
    ORDER BY started_at NULLS LAST, position, step
    LIMIT $limit
),
said AS MATERIALIZED (
    SELECT cell, text_of(cell) AS text
    FROM (SELECT DISTINCT unnest([input, output]) AS cell FROM page)
    WHERE cell[1] = chr(1)
)
SELECT
    step, run, conversation, trace_id, span_id, position, parent_step, agent, agent_rule, agent_version, service_name, started_at, ended_at, duration_ms,
    outcome, outcome_evidence, outcome_rule, model, model_calls, tool_calls, errors, soft_errors, input_tokens, output_tokens, cost_usd,
    left(in_full(input, given.text), $text_limit::BIGINT) AS input,
    left(in_full(output, produced.text), $text_limit::BIGINT) AS output,
    has_input, has_output, empty_output
FROM page
LEFT JOIN said AS given ON given.cell = page.input
LEFT JOIN said AS produced ON produced.cell = page.output
ORDER BY started_at NULLS LAST, position, step
