-- How often is the same call made again after a failure?
-- $by: total, service, workflow, time ($bucket seconds). $since, $until, $service: NULL for no limit.
WITH ended AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'service' THEN service_name
            WHEN 'workflow' THEN name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        retries
    FROM runs
    WHERE outcome <> 'running'
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
)
SELECT
    'retries_per_run' AS metric,
    $by::VARCHAR AS dimension,
    key,
    sum(retries)::DOUBLE / count(*) AS value,
    sum(retries)::DOUBLE AS numerator,
    count(*)::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'count' AS unit
FROM ended
GROUP BY key
ORDER BY key
