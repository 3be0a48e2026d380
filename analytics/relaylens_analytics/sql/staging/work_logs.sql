-- Log events that hold a model call's messages, for the spans at work.
CREATE OR REPLACE TEMP TABLE work_logs AS
SELECT l.trace_id, l.span_id, l.event_name,
       text_of(l.attributes['gen_ai.output.messages']) AS output_messages,
       text_of(l.body) AS body
FROM logs AS l
SEMI JOIN affected_traces USING (trace_id)
WHERE starts_with(l.event_name, 'gen_ai.');
