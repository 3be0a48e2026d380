-- A LlamaIndex workflow step that names its agent only in its input.
-- needs: kind CHAIN
SELECT w.span, 'agent' AS span_class
FROM work_spans AS w
LEFT JOIN work_texts AS x ON x.cell = w.input
WHERE NOT w.is_detail AND w.kind_word = 'CHAIN' AND regexp_matches(in_full(w.input, x.text), 'current_agent_name=''([^'']+)''')
  AND EXISTS (
      SELECT 1 FROM work_spans AS c
      WHERE c.parent = w.span AND c.kind_word = 'LLM'
  )
