-- What does a completed piece of work cost?
-- $by: total, service, workflow, time ($bucket seconds). $since, $until, $service: NULL for no limit.
WITH ended AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'service' THEN service_name
            WHEN 'workflow' THEN name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        outcome,
        cost_usd
    FROM runs
    WHERE outcome <> 'running'
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
),
counted AS (
    SELECT
        key,
        sum(cost_usd) AS numerator,
        (count(*) FILTER (WHERE outcome = 'completed'))::DOUBLE AS denominator,
        (count(*) FILTER (WHERE cost_usd IS NULL))::DOUBLE AS unpriced
    FROM ended
    GROUP BY key
)
SELECT
    'cost_per_completed_run' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / nullif(denominator, 0) AS value,
    numerator,
    denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'USD' AS unit,
    unpriced
FROM counted
ORDER BY key
