-- Which tools were called in a run, with what, and what came back?
-- $run; $conversation: NULL where the run's id says enough; $limit: at most so many; texts are cut after $text_limit characters.
SELECT
    trace_id, span_id, step, agent, span_class, tool_name,
    left(text_of(tool_arguments), $text_limit::BIGINT) AS arguments,
    left(text_of(tool_result), $text_limit::BIGINT) AS result,
    is_error, is_soft_error, is_control_flow, error_type, started_at, ended_at, duration_ms
FROM span_facts
WHERE run = $run
    AND ($conversation IS NULL OR conversation = $conversation)
    AND span_class IN ('tool', 'handoff')
ORDER BY started_at NULLS LAST, trace_id, span_id
LIMIT $limit
