-- The run's last step failed and nobody took over.
SELECT s.run, 'failed' AS outcome, 'rule' AS evidence, 'The last step, by ' || s.agent || ', failed' AS reason
FROM work_steps AS s
JOIN step_outcomes AS o USING (trace_id, span_id)
WHERE o.outcome = 'failed'
QUALIFY s.position = max(s.position) OVER (PARTITION BY s.run) AND s.position = (SELECT max(position) FROM work_steps AS m WHERE m.run = s.run)
