-- The events of the spans at work, one row each, with their texts.
-- needs: events
-- held for itself: DuckDB 2.0.0 mixes up dictionaries where the result of one join goes on into another
WITH events AS MATERIALIZED (
    SELECT w.span, unnest(s.events) AS e, generate_subscripts(s.events, 1) AS place
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    WHERE s.batch >= getvariable('first_batch') AND len(s.events) > 0
),

fields AS (
    SELECT span, place, e.name AS name, unnest(map_entries(e.attributes) || [{'key': '', 'value': NULL}]) AS field
    FROM events
),

texts_of_fields AS (
    SELECT f.span, f.place, f.name, f.field.key AS key, CASE WHEN f.field.value[1] = chr(1) THEN t.text ELSE f.field.value END AS text
    FROM fields AS f
    LEFT JOIN work_texts AS t ON t.cell = f.field.value
)

SELECT span, place, name,
       any_value(text) FILTER (WHERE key = 'exception.type') AS exception_type,
       any_value(text) FILTER (WHERE key = 'exception.message') AS exception_message,
       any_value(text) FILTER (WHERE key = 'content') AS content,
       any_value(text) FILTER (WHERE key = 'message') AS message,
       any_value(text) FILTER (WHERE key = 'finish_reason') AS finish_reason,
       any_value(text) FILTER (WHERE key = 'gen_ai.output.messages') AS output_messages,
       any_value(text) FILTER (WHERE key = 'gen_ai.input.messages') AS input_messages
FROM texts_of_fields
GROUP BY span, place, name
