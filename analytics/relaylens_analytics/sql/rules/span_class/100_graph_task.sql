-- A LangGraph node that runs a known agent, in instrumentations where the agent's span is a leaf beside its work.
-- needs: graph
SELECT w.span, 'agent' AS span_class
FROM work_spans AS w
WHERE NOT w.is_detail AND w.graph_node IS NOT NULL AND w.name_text = 'execute_task ' || w.graph_node
  AND w.graph_node NOT IN ('agent', 'model', 'tools', '__start__', '__end__')
  -- what LangChain puts beside the model of an agent, such as the hooks of its middleware, is a node too
  AND coalesce(w.lc_agent_name = w.graph_node, TRUE)
  AND EXISTS (
      SELECT 1 FROM work_spans AS o
      WHERE o.trace = w.trace AND o.operation = 'invoke_agent' AND o.agent_name = w.graph_node
  )
