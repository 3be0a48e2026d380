-- How much work is asked of the network?
-- $by: total, outcome, service, workflow, time ($bucket seconds). $since, $until, $service: NULL for no limit.
WITH counted AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'outcome' THEN outcome
            WHEN 'service' THEN service_name
            WHEN 'workflow' THEN name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key
    FROM runs
    WHERE in_window(started_at, $since, $until) AND ($service IS NULL OR service_name = $service)
)
SELECT
    'runs' AS metric,
    $by::VARCHAR AS dimension,
    key,
    count(*)::DOUBLE AS value,
    count(*)::DOUBLE AS numerator,
    NULL::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'count' AS unit
FROM counted
GROUP BY key
ORDER BY key
