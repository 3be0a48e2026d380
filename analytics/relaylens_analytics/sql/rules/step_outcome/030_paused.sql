-- The turn pauses for a person.
-- needs: work_requests
SELECT DISTINCT f.step, 'escalated' AS outcome, 'rule' AS evidence
FROM work_requests AS q
JOIN work_facts AS f USING (span)
JOIN work_spans AS s ON s.span = f.step
-- a turn that broke off after it had asked does not wait for the answer
WHERE q.pauses AND NOT (s.reports_error AND NOT s.is_control_flow)
