-- The model asked for a tool, the run shows other tool calls as spans, and this one never ran.
-- id: T3
-- layer: run
-- reads: structure
-- on: yes
-- needs: unshown_calls
-- needs: work_tools
SELECT 'tool_call_without_span' AS detector, 'medium' AS severity, f.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'inferred' AS certainty,
       'The model asked for the tool ' || c.tool_key || ' and no call of it was recorded' AS message,
       left(c.call_arguments, 501) AS evidence, c.t1 AS found_at
FROM unshown_calls AS c
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
WHERE c.named_target IS NULL AND NOT c.is_generic_transfer
  AND NOT EXISTS (SELECT 1 FROM known_agents AS k WHERE k.trace = c.trace AND k.agent IN (agent_of_key(c.tool_key), agent_of_key(asked_target(c.tool_key))))
  AND NOT EXISTS (SELECT 1 FROM work_requests AS q JOIN work_facts AS g USING (span) WHERE g.run = f.run AND (q.tool_name IS NULL OR tool_key(q.tool_name) = c.tool_key))
  AND c.trace IN (
      SELECT t.trace FROM work_tools AS t
      JOIN work_calls AS d ON d.trace = t.trace AND d.tool_key = t.tool_key AND d.has_tool_span
  )
  AND c.tool_key <> 'final_answer'
