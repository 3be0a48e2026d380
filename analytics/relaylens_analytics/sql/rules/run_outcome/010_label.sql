-- Someone later labelled the run with its outcome; the newest label counts.
-- needs: labels
SELECT r.run, arg_max(l.value, (l.labelled_at, l.batch)) AS outcome, 'graded' AS evidence, arg_max(l.comment, (l.labelled_at, l.batch)) AS reason
FROM labels AS l
JOIN (SELECT r.run, t.trace_id FROM work_runs AS r JOIN work_traces AS t USING (trace) WHERE r.run IS NOT NULL) AS r ON l.run = r.run OR l.trace_id = r.trace_id
WHERE l.name = 'outcome' AND l.value IN ('completed', 'failed', 'escalated', 'abandoned')
GROUP BY r.run
