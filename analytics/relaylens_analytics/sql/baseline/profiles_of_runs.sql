-- The profiles of some runs of a deployment, and whether a verdict on them may be an alarm.
-- $service: the deployment. $runs: the runs.
-- what is known of the runs is found first, and the profiles, which are long, are joined to it once
WITH asked AS MATERIALIZED (
    SELECT r.run, r.conversation, r.ended_at,
           -- a run that waits for a person is not over, whatever its program states
           r.outcome = 'completed' AND v.verdict IS DISTINCT FROM 'good' AND w.run IS NULL AS may_alarm
    FROM (SELECT * FROM runs WHERE service_name IS NOT DISTINCT FROM $service AND run IN (SELECT unnest($runs::VARCHAR[]))) AS r
    LEFT JOIN (SELECT run, verdict FROM run_verdicts()) AS v ON v.run = r.run
    LEFT JOIN (SELECT DISTINCT run FROM escalations WHERE state = 'pending') AS w ON w.run = r.run
)

SELECT p.run, p.conversation, p.features, p.acts, a.ended_at, a.may_alarm
FROM run_profiles AS p
JOIN asked AS a USING (run, conversation)
ORDER BY p.run
