-- The run's last step failed and nobody took over: no other step followed, and the step that called it did not end in order after it.
-- needs: span_errors | relaylens.step.outcome
SELECT s.run, 'failed' AS outcome, 'rule' AS evidence, 'The last step, by ' || s.agent || ', failed' AS reason
FROM (SELECT * FROM work_steps QUALIFY position = max(position) OVER (PARTITION BY run)) AS s
JOIN step_outcomes AS o USING (step)
LEFT JOIN work_steps AS p ON p.step = s.parent_step
LEFT JOIN step_outcomes AS c ON c.step = p.step
WHERE o.outcome = 'failed' AND NOT coalesce(p.t1 > s.t1 AND c.outcome = 'completed', FALSE)
