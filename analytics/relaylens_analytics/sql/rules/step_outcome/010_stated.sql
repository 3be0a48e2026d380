-- The program states how the turn ended.
SELECT s.trace_id, s.span_id, w.attributes['relaylens.step.outcome'] AS outcome, 'stated' AS evidence
FROM work_steps AS s
JOIN work_spans AS w USING (trace_id, span_id)
WHERE w.attributes['relaylens.step.outcome'] IN ('completed', 'failed', 'escalated', 'abandoned', 'running')
