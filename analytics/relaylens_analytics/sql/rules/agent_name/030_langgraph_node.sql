-- The LangGraph node that the span runs.
-- needs: graph
SELECT span, graph_node AS name
FROM agent_spans
WHERE graph_node IS NOT NULL AND name_text = 'execute_task ' || graph_node
