-- The events of the spans at work, one row each, with their texts.
CREATE OR REPLACE TEMP TABLE work_events AS
WITH events AS (
    SELECT s.trace_id, s.span_id, unnest(s.events) AS e, generate_subscripts(s.events, 1) AS place
    FROM spans AS s
    WHERE s.rowid IN (SELECT row_id FROM work_rows) AND len(s.events) > 0
)

SELECT trace_id, span_id, place, e.name AS name, e.time_unix_nano AS time_unix_nano,
       full_text(e.attributes['exception.type']) AS exception_type,
       full_text(e.attributes['exception.message']) AS exception_message,
       full_text(e.attributes['content']) AS content,
       full_text(e.attributes['message']) AS message,
       full_text(e.attributes['finish_reason']) AS finish_reason,
       full_text(e.attributes['gen_ai.output.messages']) AS output_messages,
       full_text(e.attributes['gen_ai.input.messages']) AS input_messages
FROM events;
