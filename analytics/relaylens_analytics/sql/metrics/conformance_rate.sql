-- How much of the work went the way the network is declared?
-- $by: total, detector, service, workflow, time ($bucket seconds). $since, $until, $service: NULL for no limit.
WITH held AS (
    SELECT service_name, max(held_from) AS held_from FROM specification GROUP BY service_name
),
ended AS (
    SELECT runs.conversation, runs.run, runs.service_name, runs.name, runs.started_at
    FROM runs
    JOIN held USING (service_name)
    WHERE runs.outcome <> 'running'
        AND (held.held_from IS NULL OR runs.ended_at > held.held_from)
        AND in_window(runs.started_at, $since, $until)
        AND ($service IS NULL OR runs.service_name = $service)
),
deviating AS (
    SELECT DISTINCT conversation, run, CASE WHEN $by = 'detector' THEN detector END AS detector
    FROM findings
    SEMI JOIN ended USING (conversation, run)
    ANTI JOIN (SELECT finding FROM finding_marks() WHERE mark = 'false') AS false_alarms USING (finding)
    WHERE is_deviation(detector)
),
detectors AS (
    SELECT DISTINCT looking.detector
    FROM specification
    JOIN deviations() AS looking USING (part)
    WHERE $by = 'detector'
    UNION ALL
    SELECT NULL WHERE $by <> 'detector'
),
counted AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'detector' THEN detectors.detector
            WHEN 'service' THEN ended.service_name
            WHEN 'workflow' THEN ended.name
            WHEN 'time' THEN time_key(ended.started_at, $bucket)
        END AS key,
        count(*) FILTER (WHERE deviating.run IS NULL)::DOUBLE AS numerator,
        count(*)::DOUBLE AS denominator
    FROM ended
    CROSS JOIN detectors
    LEFT JOIN deviating
        ON deviating.conversation = ended.conversation
        AND deviating.run = ended.run
        AND deviating.detector IS NOT DISTINCT FROM detectors.detector
    GROUP BY key
)
SELECT
    'conformance_rate' AS metric,
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
