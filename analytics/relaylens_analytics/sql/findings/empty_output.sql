-- Empty output taken as an answer: a model call or an agent's turn ended in order with nothing said and nothing called.
-- id: T2
-- layer: run
-- reads: structure, content
-- on: yes
-- exempt: a turn that handed control on
-- needs: blank_replies | empty_steps
SELECT 'empty_output' AS detector, 'high' AS severity, r.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       r.agent, r.agent AS blamed_agent, 'rule' AS certainty,
       'The model answered ' || coalesce(r.agent, 'the program') || ' with nothing, and no error was reported' AS message,
       NULL AS evidence, r.t1 AS found_at
FROM blank_replies AS r
JOIN work_spans AS w USING (span)
-- of the spans of one call inside another, the innermost that shows the answer: some clients trace without contents what their instrumentation traces too
WHERE r.span_class = 'llm' AND NOT r.has_other_parts AND NOT r.is_cut_off
  AND r.span NOT IN (
      SELECT c.parent
      FROM reply_texts AS i
      JOIN work_spans AS c USING (span)
      WHERE c.parent IS NOT NULL
      UNION ALL
      SELECT p.parent
      FROM reply_texts AS i
      JOIN work_spans AS c USING (span)
      JOIN work_spans AS p ON p.span = c.parent
      WHERE p.parent IS NOT NULL
  )
UNION ALL
SELECT 'empty_output', 'high', s.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id],
       s.agent, s.agent, 'rule',
       'The agent ' || s.agent || ' answered with nothing, and no error was reported', NULL, s.t1
FROM empty_steps AS s
JOIN work_spans AS w ON w.span = s.step
WHERE s.step NOT IN (SELECT step FROM blank_replies WHERE step IS NOT NULL)
  AND NOT EXISTS (
      SELECT 1 FROM new_handoffs AS h
      WHERE h.from_step = w.trace_id || ':' || w.span_id AND h.ok AND NOT h.is_return AND h.rule NOT IN ('agent_switch', 'nested_agent')
        AND h.mode = 'pass_control'
  )
