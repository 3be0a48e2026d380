-- What happened within spans, in order, with each event's attributes as JSON text?
-- $spans: list of trace_id:span_id. $limit: at most so many.
WITH keys AS (
    SELECT split_part(key, ':', 1) AS trace_id, split_part(key, ':', 2) AS span_id
    FROM (SELECT unnest($spans::VARCHAR[]) AS key)
),
events AS MATERIALIZED (
    SELECT trace_id, span_id, generate_subscripts(events, 1) AS place, unnest(events) AS event
    FROM spans
    SEMI JOIN keys USING (trace_id, span_id)
),
pairs AS MATERIALIZED (
    SELECT trace_id, span_id, place, unnest(map_keys(event.attributes)) AS key, unnest(map_values(event.attributes)) AS cell
    FROM events
),
said AS MATERIALIZED (
    SELECT cell, text_of(cell) AS text
    FROM (SELECT cell FROM pairs UNION SELECT event.name FROM events)
    WHERE cell[1] = chr(1)
),
texts_of_event AS (
    SELECT trace_id, span_id, place, json_group_object(key, in_full(cell, said.text)) AS attributes
    FROM pairs
    LEFT JOIN said USING (cell)
    GROUP BY ALL
)
SELECT
    trace_id, span_id, place,
    make_timestamp(CASE WHEN event.time_unix_nano < 9223372036854775807 THEN (event.time_unix_nano // 1000)::BIGINT END) AS happened_at,
    in_full(event.name, names.text) AS name,
    coalesce(texts_of_event.attributes::VARCHAR, '{}') AS attributes,
    event.dropped_attributes_count
FROM events
LEFT JOIN texts_of_event USING (trace_id, span_id, place)
LEFT JOIN said AS names ON names.cell = event.name
ORDER BY trace_id, span_id, place
LIMIT $limit
