-- Turns that ended in order with an empty output.
-- needs: work_steps
SELECT s.*
FROM step_outputs AS o
JOIN step_outcomes AS c USING (step)
JOIN work_steps AS s USING (step)
WHERE o.is_empty AND c.outcome = 'completed'
