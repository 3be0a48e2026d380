-- What do spans carry that can hold messages?
-- $spans: list of trace_id:span_id.
WITH keys AS (
    SELECT split_part(key, ':', 1) AS trace_id, split_part(key, ':', 2) AS span_id
    FROM (SELECT unnest($spans::VARCHAR[]) AS key)
),
wanted AS (
    SELECT trace_id, span_id, attributes
    FROM spans
    SEMI JOIN keys USING (trace_id, span_id)
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
