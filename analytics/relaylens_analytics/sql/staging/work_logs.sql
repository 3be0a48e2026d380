-- Log events that hold a model call's messages, for the spans at work.
-- needs: logs
SELECT w.span, l.event_name,
       text_of(l.attributes['gen_ai.output.messages']) AS output_messages
FROM logs AS l
JOIN work_traces AS t USING (trace_id)
JOIN work_rows AS w ON w.trace = t.trace AND w.span_id = l.span_id
WHERE starts_with(l.event_name, 'gen_ai.')
