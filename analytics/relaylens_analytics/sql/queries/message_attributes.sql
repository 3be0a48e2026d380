-- What do spans carry that can hold messages?
-- $spans: list of trace_id:span_id.
WITH wanted AS (
    SELECT trace_id, span_id, attributes
    FROM spans
    WHERE list_contains($spans::VARCHAR[], concat(trace_id, ':', span_id))
),
pairs AS (
    SELECT trace_id, span_id, unnest(map_keys(attributes)) AS key, unnest(map_values(attributes)) AS cell
    FROM wanted
)
SELECT DISTINCT ON (trace_id, span_id, key) trace_id, span_id, key, text_of(cell) AS value
FROM pairs
WHERE starts_with(key, 'gen_ai.')
    OR starts_with(key, 'llm.')
    OR starts_with(key, 'input.')
    OR starts_with(key, 'output.')
    OR starts_with(key, 'traceloop.entity.')
    OR starts_with(key, 'gcp.vertex.agent.')
    OR key IN ('message', 'pydantic_ai.all_messages', 'final_result', 'tool_arguments', 'tool_response')
ORDER BY trace_id, span_id, key
