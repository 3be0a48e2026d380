-- The agent refused what was handed to it.
-- needs: relaylens.handoff.status
SELECT s.step, 'abandoned' AS outcome, 'stated' AS evidence
FROM work_steps AS s
JOIN work_spans AS w ON w.span = s.step
WHERE w.attributes['relaylens.handoff.status'] = 'refused'
