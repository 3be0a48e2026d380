-- The spans of agents, before their names are known.
SELECT w.span, w.trace, w.t1, w.name_text, w.agent_name, w.agent_node, w.graph_node, w.kind_word,
       in_full(w.named_by, i.text) AS input_text, in_full(w.output, o.text) AS output_text
FROM (
    SELECT *,
           -- the only rule that reads an agent's input asks for this kind, and inputs are long
           CASE WHEN kind_word = 'CHAIN' THEN input END AS named_by
    FROM work_spans
    SEMI JOIN (SELECT span FROM work_classes WHERE span_class = 'agent') USING (span)
) AS w
LEFT JOIN work_texts AS i ON i.cell = w.named_by
LEFT JOIN work_texts AS o ON o.cell = w.output
