-- The making of an agent: it registers the agent and is no work.
-- needs: operation create_agent
SELECT span, 'create_agent' AS span_class
FROM work_spans
WHERE operation = 'create_agent'
