-- A root that calls itself an agent and has no agent's name, where others of the same instrumentation have one.
SELECT w.trace_id, w.span_id, 'workflow' AS span_class
FROM work_spans AS w
WHERE w.parent_span_id IS NULL AND NOT w.is_detail
  AND (kind_word = 'AGENT' OR operation = 'invoke_agent')
  AND (agent_name IS NULL OR agent_name = 'OpenAI Agent') AND agent_node IS NULL
  AND EXISTS (
      SELECT 1 FROM work_spans AS o
      WHERE o.trace_id = w.trace_id AND o.scope = w.scope AND o.span_id <> w.span_id
        AND (o.kind_word = 'AGENT' OR o.operation = 'invoke_agent') AND o.agent_name IS NOT NULL
  )
