-- The program states how the turn ended.
-- needs: relaylens.step.outcome
SELECT s.step, w.attributes['relaylens.step.outcome'] AS outcome, 'stated' AS evidence
FROM work_steps AS s
JOIN work_spans AS w ON w.span = s.step
WHERE w.attributes['relaylens.step.outcome'] IN ('completed', 'failed', 'escalated', 'abandoned', 'running')
