-- The turn pauses for a person.
-- needs: work_requests
SELECT DISTINCT f.step, 'escalated' AS outcome, 'rule' AS evidence
FROM work_requests AS q
JOIN work_facts AS f USING (span)
WHERE q.pauses AND f.step IS NOT NULL
