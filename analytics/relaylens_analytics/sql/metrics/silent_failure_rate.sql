-- How much of the work that ended as completed shows signs of failure?
-- $by: total, detector, service, workflow, time ($bucket seconds). $since, $until, $service: NULL for no limit.
WITH completed AS (
    SELECT conversation, run, service_name, name, started_at
    FROM runs
    WHERE outcome = 'completed'
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
),
found AS (
    SELECT DISTINCT conversation, run, CASE WHEN $by = 'detector' THEN detector END AS detector
    FROM findings
    SEMI JOIN completed USING (conversation, run)
    ANTI JOIN (SELECT finding FROM finding_marks() WHERE mark = 'false') AS false_alarms USING (finding)
    -- a suspicion, not a failure: it flags a set share of good runs
    WHERE detector <> 'unusual_run'
        -- what differs from the declared network is counted by conformance_rate
        AND NOT is_deviation(detector)
),
detectors AS (
    SELECT DISTINCT detector FROM found WHERE $by = 'detector'
    UNION ALL
    SELECT NULL WHERE $by <> 'detector'
),
counted AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'detector' THEN detectors.detector
            WHEN 'service' THEN completed.service_name
            WHEN 'workflow' THEN completed.name
            WHEN 'time' THEN time_key(completed.started_at, $bucket)
        END AS key,
        count(found.run)::DOUBLE AS numerator,
        count(*)::DOUBLE AS denominator
    FROM completed
    CROSS JOIN detectors
    LEFT JOIN found
        ON found.conversation = completed.conversation
        AND found.run = completed.run
        AND found.detector IS NOT DISTINCT FROM detectors.detector
    GROUP BY key
)
SELECT
    'silent_failure_rate' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / denominator AS value,
    numerator,
    denominator,
    wilson_low(numerator, denominator) AS low,
    wilson_high(numerator, denominator) AS high,
    'ratio' AS unit
FROM counted
ORDER BY key
