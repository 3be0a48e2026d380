-- The latest good runs of a deployment: called good, or completed with no grave finding and not called bad.
-- $service: the deployment. $most: at most so many. $with_new: also those that settling has just derived.
WITH verdicts AS (
    SELECT run, verdict FROM run_verdicts()
),

grave AS (
    SELECT f.run
    FROM findings AS f
    ANTI JOIN (SELECT finding FROM finding_marks() WHERE mark = 'false') USING (finding)
    WHERE f.severity = 'high'
)

SELECT r.run
FROM runs AS r
SEMI JOIN run_profiles USING (run, conversation)
LEFT JOIN verdicts AS v ON v.run = r.run
WHERE r.service_name IS NOT DISTINCT FROM $service AND ($with_new OR r.run NOT IN (SELECT run FROM new_runs))
  AND (v.verdict = 'good' OR (v.verdict IS NULL AND r.outcome = 'completed' AND r.run NOT IN (SELECT run FROM grave WHERE run IS NOT NULL)))
ORDER BY r.started_at DESC, r.run
LIMIT $most
