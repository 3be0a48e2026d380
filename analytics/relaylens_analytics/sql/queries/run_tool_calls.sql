-- Which tools were called in a run, with what, and what came back?
-- $run; $conversation: NULL where the run's id says enough; $limit: at most so many; texts are cut after $text_limit characters.
WITH page AS MATERIALIZED (
    SELECT *
    FROM span_facts
    WHERE run = $run
        AND ($conversation IS NULL OR conversation = $conversation)
        AND span_class IN ('tool', 'handoff')
    ORDER BY started_at NULLS LAST, trace_id, span_id
    LIMIT $limit
),
said AS MATERIALIZED (
    SELECT cell, text_of(cell) AS text
    FROM (SELECT DISTINCT unnest([tool_arguments, tool_result]) AS cell FROM page)
    WHERE cell[1] = chr(1)
)
SELECT
    trace_id, span_id, step, agent, span_class, tool_name,
    left(in_full(tool_arguments, arguments.text), $text_limit::BIGINT) AS arguments,
    left(in_full(tool_result, results.text), $text_limit::BIGINT) AS result,
    is_error, is_soft_error, is_control_flow, error_type, started_at, ended_at, duration_ms
FROM page
LEFT JOIN said AS arguments ON arguments.cell = page.tool_arguments
LEFT JOIN said AS results ON results.cell = page.tool_result
ORDER BY started_at NULLS LAST, trace_id, span_id
