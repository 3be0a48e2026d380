-- A root that calls itself an agent and has no agent's name, where others of the same instrumentation have one.
-- needs: operation invoke_agent | kind AGENT
SELECT w.span, 'workflow' AS span_class
FROM work_spans AS w
WHERE w.parent_span_id IS NULL AND NOT w.is_detail
  AND (kind_word = 'AGENT' OR operation = 'invoke_agent')
  AND (agent_name IS NULL OR agent_name = 'OpenAI Agent') AND agent_node IS NULL
  AND EXISTS (
      SELECT 1 FROM work_spans AS o
      WHERE o.trace = w.trace AND o.scope = w.scope AND o.span <> w.span
        AND (o.kind_word = 'AGENT' OR o.operation = 'invoke_agent') AND o.agent_name IS NOT NULL
  )
