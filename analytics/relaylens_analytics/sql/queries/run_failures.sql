-- Which calls failed in a run, and was the same tried again in the same turn, or something else in its place?
-- $run; $conversation: NULL where the run's id says enough; $limit: at most so many.
-- `again` is the first later success of the same tool or model, `instead` of another model, as trace_id:span_id.
WITH calls AS (
    SELECT
        trace_id, span_id, step, agent, tool_name, model, is_leaf_llm, error_type, started_at,
        CASE WHEN is_leaf_llm THEN 'a call of the model ' || coalesce(model, '') ELSE 'a call of ' || coalesce(tool_name, 'a tool') END AS what,
        is_error OR is_soft_error AS failed
    FROM span_facts
    WHERE run = $run
        AND ($conversation IS NULL OR conversation = $conversation)
        AND (is_leaf_llm OR span_class = 'tool')
        AND NOT is_control_flow
)
SELECT
    f.trace_id, f.span_id, f.step, f.agent, f.what, f.error_type, f.started_at,
    any_value(s.trace_id || ':' || s.span_id ORDER BY s.started_at) FILTER (s.is_leaf_llm = f.is_leaf_llm AND coalesce(s.tool_name, s.model) = coalesce(f.tool_name, f.model)) AS again,
    any_value(s.trace_id || ':' || s.span_id ORDER BY s.started_at) FILTER (s.is_leaf_llm AND f.is_leaf_llm AND s.model <> f.model) AS instead
FROM calls AS f
LEFT JOIN calls AS s ON NOT s.failed AND s.step IS NOT DISTINCT FROM f.step AND s.started_at >= f.started_at
WHERE f.failed
GROUP BY ALL
ORDER BY f.started_at NULLS LAST, f.span_id
LIMIT $limit
