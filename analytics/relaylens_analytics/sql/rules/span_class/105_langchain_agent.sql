-- The run of an agent that LangChain made, by its name: by itself, or called by a tool of another one.
-- needs: graph
SELECT span, 'agent' AS span_class
FROM work_spans
WHERE NOT is_detail AND lc_agent_name = name_text AND coalesce(graph_node IN ('agent', 'model', 'tools'), TRUE)
