-- Which log records belong to spans?
-- $spans: list of trace_id:span_id. $limit: at most so many, in time order.
WITH keys AS (
    SELECT split_part(key, ':', 1) AS trace_id, split_part(key, ':', 2) AS span_id
    FROM (SELECT unnest($spans::VARCHAR[]) AS key)
),
wanted AS MATERIALIZED (
    SELECT *
    FROM logs
    SEMI JOIN keys USING (trace_id, span_id)
    ORDER BY time_unix_nano, batch, ordinal
    LIMIT $limit
),
pairs AS MATERIALIZED (
    SELECT batch, ordinal, unnest(map_keys(attributes)) AS key, unnest(map_values(attributes)) AS cell
    FROM wanted
),
said AS MATERIALIZED (
    SELECT cell, text_of(cell) AS text
    FROM (SELECT cell FROM pairs UNION SELECT body FROM wanted)
    WHERE cell[1] = chr(1)
),
texts_of_log AS (
    SELECT batch, ordinal, json_group_object(key, in_full(cell, said.text)) AS attributes
    FROM pairs
    LEFT JOIN said USING (cell)
    GROUP BY ALL
)
SELECT
    trace_id, span_id, logged_at, severity_number, severity_text, event_name, in_full(body, bodies.text) AS body, body_type,
    coalesce(texts_of_log.attributes::VARCHAR, '{}') AS attributes, service_name
FROM wanted
LEFT JOIN texts_of_log USING (batch, ordinal)
LEFT JOIN said AS bodies ON bodies.cell = wanted.body
ORDER BY time_unix_nano, batch, ordinal
