-- Which model and tool calls were made in a slice of a run?
-- $run; $conversation: NULL where the run's id says enough; $since, $until: NULL for no limit. $limit: the first so many.
SELECT trace_id, span_id, step, agent, span_class, tool_name, model, is_error, is_soft_error, error_type, started_at, ended_at, duration_ms
FROM span_facts
WHERE run = $run
    AND ($conversation IS NULL OR conversation = $conversation)
    AND in_window(started_at, $since, $until)
    AND (is_leaf_llm OR span_class IN ('tool', 'validation'))
ORDER BY started_at NULLS LAST, trace_id, span_id
LIMIT $limit
