-- Someone later labelled the run with its outcome; the newest label counts.
SELECT l.run, arg_max(l.value, (l.labelled_at, l.batch)) AS outcome, 'graded' AS evidence, arg_max(l.comment, (l.labelled_at, l.batch)) AS reason
FROM labels AS l
WHERE l.name = 'outcome' AND l.value IN ('completed', 'failed', 'escalated', 'abandoned') AND l.run IN (SELECT run FROM work_runs)
GROUP BY l.run
