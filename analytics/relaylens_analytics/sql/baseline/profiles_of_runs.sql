-- The profiles of some runs of a deployment, and whether a verdict on them may be an alarm.
-- $service: the deployment. $runs: the runs.
SELECT p.run, p.conversation, p.features, p.acts, r.outcome = 'completed' AND v.verdict IS DISTINCT FROM 'good' AS may_alarm, r.ended_at
FROM run_profiles AS p
JOIN runs AS r USING (run, conversation)
LEFT JOIN (SELECT run, verdict FROM run_verdicts()) AS v ON v.run = p.run
WHERE p.service_name IS NOT DISTINCT FROM $service AND p.run IN (SELECT unnest($runs::VARCHAR[]))
ORDER BY p.run
