-- How long does a request take from end to end, and how much of that is work?
-- $by: total, outcome, service, workflow, time ($bucket seconds). $since, $until, $service: NULL for no limit.
WITH ended AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'outcome' THEN outcome
            WHEN 'service' THEN service_name
            WHEN 'workflow' THEN name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        duration_ms,
        work_ms,
        wait_ms
    FROM runs
    WHERE outcome <> 'running'
        AND duration_ms IS NOT NULL
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
)
SELECT
    'run_latency' AS metric,
    $by::VARCHAR AS dimension,
    key,
    quantile_cont(duration_ms, 0.5) AS value,
    NULL::DOUBLE AS numerator,
    count(*)::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'ms' AS unit,
    quantile_cont(duration_ms, 0.95) AS p95,
    quantile_cont(duration_ms, 0.99) AS p99,
    sum(work_ms) / nullif(sum(work_ms) + sum(wait_ms), 0) AS work_share,
    sum(wait_ms) / nullif(sum(work_ms) + sum(wait_ms), 0) AS wait_share
FROM ended
GROUP BY key
ORDER BY key
