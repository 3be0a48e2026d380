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
pairs AS MATERIALIZED (
    SELECT trace_id, span_id, pair.key AS key, pair.value AS cell
    FROM (
        SELECT trace_id, span_id, unnest(list_filter(map_entries(attributes), lambda one:
            starts_with(one.key, 'gen_ai.')
            OR starts_with(one.key, 'llm.')
            OR starts_with(one.key, 'input.')
            OR starts_with(one.key, 'output.')
            OR starts_with(one.key, 'traceloop.entity.')
            OR starts_with(one.key, 'gcp.vertex.agent.')
            OR one.key IN ('message', 'pydantic_ai.all_messages', 'final_result', 'tool_arguments', 'tool_response')
        )) AS pair
        FROM wanted
    )
),
said AS (
    SELECT cell, text_of(cell) AS text
    FROM (SELECT DISTINCT cell FROM pairs)
    WHERE cell[1] = chr(1)
)
SELECT DISTINCT ON (trace_id, span_id, key) trace_id, span_id, key, in_full(cell, said.text) AS value
FROM pairs
LEFT JOIN said USING (cell)
ORDER BY trace_id, span_id, key
