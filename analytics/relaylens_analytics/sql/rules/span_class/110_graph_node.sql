-- A LangGraph node in a graph without any agent span: the nodes are the agents.
-- needs: graph
SELECT w.span, 'agent' AS span_class
FROM work_spans AS w
WHERE NOT w.is_detail AND w.graph_node IS NOT NULL AND w.name_text IN (w.graph_node, 'execute_task ' || w.graph_node)
  AND w.graph_node NOT IN ('agent', 'model', 'tools', '__start__', '__end__')
  -- what LangChain puts beside the model of an agent, such as the hooks of its middleware, is a node too
  AND coalesce(w.lc_agent_name = w.graph_node, TRUE)
  AND NOT EXISTS (
      SELECT 1 FROM work_spans AS o
      WHERE o.trace = w.trace AND o.parent_span_id IS NOT NULL AND o.graph_node IS NOT NULL
        AND o.tool_name IS NULL AND o.kind_word IS DISTINCT FROM 'WORKFLOW'
        AND (o.operation = 'invoke_agent' OR (o.kind_word = 'AGENT' AND list_contains(o.graph_path, o.name_text)))
  )
