-- A network, crew, graph or task that frames the agents' work.
SELECT span, 'workflow' AS span_class
FROM work_spans
WHERE NOT is_detail AND (operation IN ('invoke_workflow', 'invoke_swarm', 'invoke_graph', 'handle_conversation_turn')
   OR kind_word = 'WORKFLOW'
   OR name_text = 'crewai.workflow'
   OR (operation = 'invoke_agent' AND kind_word = 'TASK'))
