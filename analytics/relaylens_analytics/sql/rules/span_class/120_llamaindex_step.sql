-- A LlamaIndex workflow step that names its agent only in its input.
SELECT w.trace_id, w.span_id, 'agent' AS span_class
FROM work_spans AS w
WHERE NOT w.is_detail AND w.kind_word = 'CHAIN' AND regexp_matches(w.input_text, 'current_agent_name=''([^'']+)''')
  AND EXISTS (
      SELECT 1 FROM work_spans AS c
      WHERE c.trace_id = w.trace_id AND c.parent_span_id = w.span_id AND c.kind_word = 'LLM'
  )
