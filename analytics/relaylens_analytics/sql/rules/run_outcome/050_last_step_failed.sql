-- The run's last step failed and nobody took over: no other step followed, and the step that called it did not end in order after it.
SELECT s.run, 'failed' AS outcome, 'rule' AS evidence, 'The last step, by ' || s.agent || ', failed' AS reason
FROM work_steps AS s
JOIN step_outcomes AS o USING (trace_id, span_id)
WHERE o.outcome = 'failed'
  AND NOT EXISTS (
      SELECT 1 FROM work_steps AS p
      JOIN step_outcomes AS c USING (trace_id, span_id)
      WHERE p.trace_id = s.trace_id AND p.span_id = s.parent_step_span AND p.t1 > s.t1 AND c.outcome = 'completed'
  )
QUALIFY s.position = max(s.position) OVER (PARTITION BY s.run) AND s.position = (SELECT max(position) FROM work_steps AS m WHERE m.run = s.run)
