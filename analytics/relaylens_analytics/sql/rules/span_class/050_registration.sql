-- The making of an agent: it registers the agent and is no work.
SELECT trace_id, span_id, 'create_agent' AS span_class
FROM work_spans
WHERE operation = 'create_agent'
