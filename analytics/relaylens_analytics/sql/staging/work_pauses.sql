-- Traces that end waiting for a person.
-- needs: work_requests
SELECT DISTINCT w.trace
FROM work_requests AS q
JOIN work_spans AS w USING (span)
WHERE q.pauses
