-- Which model calls were made in a run?
-- $run; $conversation: NULL where the run's id says enough; $limit and $offset: the page, in order of start. `total` counts all.
SELECT
    trace_id, span_id, step, agent, model, input_tokens, output_tokens, cost_usd, is_error, error_type, started_at, ended_at, duration_ms,
    count(*) OVER () AS total
FROM span_facts
WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation) AND is_leaf_llm
ORDER BY started_at NULLS LAST, trace_id, span_id
LIMIT $limit OFFSET $offset
