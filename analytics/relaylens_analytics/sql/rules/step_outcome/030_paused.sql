-- The turn pauses for a person.
SELECT DISTINCT s.trace_id, s.span_id, 'escalated' AS outcome, 'rule' AS evidence
FROM work_steps AS s
JOIN work_facts AS f ON f.trace_id = s.trace_id AND f.step_span = s.span_id
JOIN work_requests AS q ON q.trace_id = f.trace_id AND q.span_id = f.span_id
WHERE q.pauses
