-- An agent that was asked by another one failed, nobody tried again, and the work was completed as if it had answered.
-- id: H6
-- layer: agents
-- reads: structure
-- on: yes
-- exempt: an agent that is asked again and answers, and another one that is asked the same and answers
-- needs: span_errors
-- needs: handoff_edges
SELECT 'swallowed_child_error' AS detector, 'high' AS severity, s.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id, p.trace_id || ':' || p.span_id] AS span_ids,
       s.agent, s.agent AS blamed_agent, 'rule' AS certainty,
       'The agent ' || s.agent || ' failed, and ' || e.from_agent || ', which had asked it, went on without it' AS message,
       left(coalesce(w.exception_message, nullif(w.status_text, '')), 501) AS evidence, s.t1 AS found_at
FROM handoff_edges AS e
JOIN work_steps AS s ON s.step = e.to_step
JOIN step_outcomes AS o USING (step)
JOIN step_outcomes AS c ON c.step = e.from_step
JOIN run_outcomes AS r ON r.run = e.run
JOIN work_spans AS w ON w.span = s.step
JOIN work_spans AS p ON p.span = e.from_step
WHERE o.outcome = 'failed' AND c.outcome IN ('completed', 'escalated') AND r.outcome IN ('completed', 'escalated') AND NOT e.is_return
  AND NOT EXISTS (
      SELECT 1 FROM work_steps AS b JOIN step_outcomes AS d USING (step)
      WHERE b.run = s.run AND b.agent = s.agent AND b.t0 > s.t0 AND d.outcome = 'completed'
  )
  AND NOT EXISTS (
      SELECT 1 FROM handoff_edges AS f
      WHERE f.run = e.run AND f.from_agent = e.from_agent AND f.t0 >= s.t1 AND f.sent = e.sent AND f.to_outcome = 'completed'
  )
