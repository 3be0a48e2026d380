-- The agent refused what was handed to it.
SELECT s.trace_id, s.span_id, 'abandoned' AS outcome, 'stated' AS evidence
FROM work_steps AS s
JOIN work_spans AS w USING (trace_id, span_id)
WHERE w.attributes['relaylens.handoff.status'] = 'refused'
