-- Empty output taken as an answer: an agent's turn ended in order with nothing said and nothing called.
SELECT 'empty_output' AS detector, 'high' AS severity, s.run, s.trace_id, s.span_id, [s.trace_id || ':' || s.span_id] AS span_ids,
       s.agent, s.agent AS blamed_agent, 'rule' AS certainty,
       'The agent ' || s.agent || ' answered with nothing, and no error was reported' AS message,
       NULL AS evidence, s.t1 AS found_at
FROM work_steps AS s
JOIN step_outputs AS o USING (trace_id, span_id)
JOIN step_outcomes AS c USING (trace_id, span_id)
WHERE o.is_empty AND c.outcome = 'completed'
  AND NOT EXISTS (
      SELECT 1 FROM new_handoffs AS h
      WHERE h.from_step = s.trace_id || ':' || s.span_id AND h.ok AND NOT h.is_return AND h.rule NOT IN ('agent_switch', 'nested_agent')
        AND h.mode = 'pass_control'
  )
