-- What do spans carry that can hold messages: which attributes, events and log records?
-- $spans: list of trace_id:span_id. $carriers: pattern of the attributes' keys. $limit: at most so many events, and log records, in their order.
-- A row for each attribute. `place` numbers the events of a span, and the log records; one row of each has no `key`: its `value` is the event's
-- name, or the record's body.
WITH keys AS (
    SELECT split_part(key, ':', 1) AS trace_id, split_part(key, ':', 2) AS span_id
    FROM (SELECT unnest($spans::VARCHAR[]) AS key)
),
own AS MATERIALIZED (
    SELECT trace_id, span_id, attributes, events
    FROM spans
    SEMI JOIN keys USING (trace_id, span_id)
),
happened AS (
    SELECT trace_id, span_id, generate_subscripts(events, 1) AS place, unnest(events) AS event
    FROM own
    ORDER BY trace_id, span_id, place
    LIMIT $limit
),
logged AS (
    SELECT trace_id, span_id, row_number() OVER (ORDER BY time_unix_nano, batch, ordinal) AS place, event_name, body, attributes
    FROM logs
    SEMI JOIN keys USING (trace_id, span_id)
    ORDER BY place
    LIMIT $limit
),
carried AS (
    SELECT 'span' AS carrier, trace_id, span_id, 0 AS place, NULL AS log_name, list_filter(map_entries(attributes), lambda one: regexp_matches(one.key, $carriers)) AS cells
    FROM own
    UNION ALL
    SELECT 'event', trace_id, span_id, place, NULL, [{'key': NULL, 'value': event.name}] || map_entries(event.attributes)
    FROM happened
    UNION ALL
    SELECT 'log', trace_id, span_id, place, event_name, [{'key': NULL, 'value': body}] || map_entries(attributes)
    FROM logged
),
pairs AS MATERIALIZED (
    SELECT carrier, trace_id, span_id, place, log_name, cell.key AS key, cell.value AS cell
    FROM (SELECT * EXCLUDE (cells), unnest(cells) AS cell FROM carried)
),
said AS (
    SELECT cell, text_of(cell) AS text
    FROM (SELECT DISTINCT cell FROM pairs)
    WHERE cell[1] = chr(1)
)
SELECT carrier, trace_id, span_id, place, log_name, key, in_full(cell, said.text) AS value
FROM pairs
LEFT JOIN said USING (cell)
ORDER BY carrier, trace_id, span_id, place
