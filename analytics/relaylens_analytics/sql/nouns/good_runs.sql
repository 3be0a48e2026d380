-- Which runs of a deployment are good, so that others are compared with them? Those called good, and without a verdict those that were
-- completed and have no grave finding; a run that was called bad is never one.
CREATE OR REPLACE MACRO good_runs(deployment) AS TABLE (
    WITH verdicts AS (
        SELECT run, verdict FROM run_verdicts()
    ),

    grave AS (
        SELECT f.run
        FROM findings AS f
        ANTI JOIN (SELECT finding FROM finding_marks() WHERE mark = 'false') USING (finding)
        WHERE f.severity = 'high'
    )

    SELECT r.run, r.started_at
    FROM runs AS r
    SEMI JOIN run_profiles USING (run, conversation)
    LEFT JOIN verdicts AS v ON v.run = r.run
    WHERE r.service_name IS NOT DISTINCT FROM deployment
      AND (v.verdict = 'good' OR (v.verdict IS NULL AND r.outcome = 'completed' AND r.run NOT IN (SELECT run FROM grave WHERE run IS NOT NULL)))
);
