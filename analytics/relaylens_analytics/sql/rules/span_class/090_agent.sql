-- An agent's turn, by operation or kind, unless Relaylens records the turns itself; in a LangGraph graph only a node that has the agent's own name.
-- A turn that bears no name but its model's is nobody's.
SELECT span, 'agent' AS span_class
FROM work_spans
WHERE NOT is_detail AND (operation = 'invoke_agent' OR kind_word = 'AGENT' OR (kind_word = 'NAMED TURN' AND agent_name IS NOT NULL)
                       OR (name_text = 'agent run' AND agent_name IS NOT NULL)
                       OR (occurs('haystack.component.type') AND attributes['haystack.component.type'] = 'Agent'))
  AND NOT coalesce(agent_name IS NULL AND name_text = 'invoke_agent ' || request_model, FALSE)
  AND agent_name IS DISTINCT FROM 'OpenAI Agent'
  AND (graph_node IS NULL OR operation = 'invoke_agent'
       OR (list_contains(graph_path, name_text) AND name_text NOT IN ('agent', 'model', 'tools', '__start__', '__end__')))
