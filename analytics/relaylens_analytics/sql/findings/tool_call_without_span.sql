-- The model asked for a tool, the run shows other tool calls as spans, and this one never ran.
SELECT 'tool_call_without_span' AS detector, 'medium' AS severity, f.run, c.trace_id, c.span_id, [c.trace_id || ':' || c.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'inferred' AS certainty,
       'The model asked for the tool ' || c.tool_key || ' and no call of it was recorded' AS message,
       left(c.call_arguments, 500) AS evidence, c.t1 AS found_at
FROM work_calls AS c
JOIN work_facts AS f USING (trace_id, span_id)
WHERE NOT c.has_tool_span AND c.named_target IS NULL AND NOT c.is_generic_transfer
  AND NOT EXISTS (SELECT 1 FROM known_agents AS k WHERE k.trace_id = c.trace_id AND k.agent IN (agent_key(c.tool_key), agent_key(asked_target(c.tool_key))))
  AND NOT EXISTS (SELECT 1 FROM work_requests AS q JOIN work_facts AS g USING (trace_id, span_id) WHERE g.run = f.run AND (q.tool_name IS NULL OR tool_key(q.tool_name) = c.tool_key))
  AND EXISTS (
      SELECT 1 FROM work_tools AS t
      JOIN work_calls AS d ON d.trace_id = t.trace_id AND d.tool_key = t.tool_key AND d.has_tool_span
      WHERE t.trace_id = c.trace_id
  )
  AND c.tool_key <> 'final_answer'
