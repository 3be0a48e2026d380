-- Empty output taken as an answer: a model call or an agent's turn ended in order with nothing said and nothing called.
SELECT 'empty_output' AS detector, 'high' AS severity, r.run, r.trace_id, r.span_id, [r.trace_id || ':' || r.span_id] AS span_ids,
       r.agent, r.agent AS blamed_agent, 'rule' AS certainty,
       'The model answered ' || coalesce(r.agent, 'the program') || ' with nothing, and no error was reported' AS message,
       NULL AS evidence, r.t1 AS found_at
FROM reply_texts AS r
JOIN work_facts AS f USING (trace_id, span_id)
-- of the spans of one call inside another, the innermost that shows the answer: some clients trace without contents what their instrumentation traces too
WHERE f.span_class = 'llm'
  AND NOT EXISTS (
      SELECT 1 FROM reply_texts AS i
      JOIN work_spans AS w USING (trace_id, span_id)
      LEFT JOIN work_spans AS p ON p.trace_id = w.trace_id AND p.span_id = w.parent_span_id
      WHERE i.trace_id = r.trace_id AND r.span_id IN (w.parent_span_id, p.parent_span_id)
  )
  AND coalesce(trim(r.text), '') = '' AND r.calls = 0 AND NOT r.failed AND NOT r.is_cut_off AND NOT r.has_other_parts
UNION ALL
SELECT 'empty_output', 'high', s.run, s.trace_id, s.span_id, [s.trace_id || ':' || s.span_id],
       s.agent, s.agent, 'rule',
       'The agent ' || s.agent || ' answered with nothing, and no error was reported', NULL, s.t1
FROM work_steps AS s
JOIN step_outputs AS o USING (trace_id, span_id)
JOIN step_outcomes AS c USING (trace_id, span_id)
WHERE o.is_empty AND c.outcome = 'completed'
  AND NOT EXISTS (
      SELECT 1 FROM reply_texts AS r
      WHERE r.trace_id = s.trace_id AND r.step_span = s.span_id AND coalesce(trim(r.text), '') = '' AND r.calls = 0 AND NOT r.failed
  )
  AND NOT EXISTS (
      SELECT 1 FROM new_handoffs AS h
      WHERE h.from_step = s.trace_id || ':' || s.span_id AND h.ok AND NOT h.is_return AND h.rule NOT IN ('agent_switch', 'nested_agent')
        AND h.mode = 'pass_control'
  )
