-- In how many runs does something fail with an error?
-- $by: total, service, workflow, time ($bucket seconds). $since, $until, $service: NULL for no limit.
WITH ended AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'service' THEN service_name
            WHEN 'workflow' THEN name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        errors > 0 AS failed
    FROM runs
    WHERE outcome <> 'running'
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
),
counted AS (
    SELECT key, (count(*) FILTER (WHERE failed))::DOUBLE AS numerator, count(*)::DOUBLE AS denominator
    FROM ended
    GROUP BY key
)
SELECT
    'run_error_rate' AS metric,
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
