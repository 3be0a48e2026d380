-- The profiles of some runs of a deployment, and whether a verdict on them may be an alarm.
-- $service: the deployment. $runs: the runs.
SELECT p.run, p.conversation, p.features, p.acts, r.ended_at,
       -- a run that waits for a person is not over, whatever its program states
       r.outcome = 'completed' AND v.verdict IS DISTINCT FROM 'good' AND w.run IS NULL AS may_alarm
FROM run_profiles AS p
JOIN runs AS r USING (run, conversation)
LEFT JOIN (SELECT run, verdict FROM run_verdicts()) AS v ON v.run = p.run
LEFT JOIN (SELECT DISTINCT run FROM escalations WHERE state = 'pending') AS w ON w.run = p.run
WHERE p.service_name IS NOT DISTINCT FROM $service AND p.run IN (SELECT unnest($runs::VARCHAR[]))
ORDER BY p.run
