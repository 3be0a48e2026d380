-- The spans of agents, before their names are known.
SELECT w.span, w.trace, w.t1, w.name_text, w.agent_name, w.agent_node, w.graph_node, w.kind_word,
       -- the only rule that reads an agent's input asks for this kind, and inputs are long
       CASE WHEN w.kind_word = 'CHAIN' THEN w.input_text END AS input_text, w.output_text
FROM work_spans AS w
JOIN work_classes AS k USING (span)
WHERE k.span_class = 'agent'
