-- How long does an agent's turn take?
-- $by: total, agent, agent_version, model, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
WITH ended AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'agent' THEN agent
            WHEN 'agent_version' THEN concat_ws(' ', agent, agent_version)
            WHEN 'model' THEN model
            WHEN 'service' THEN service_name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        duration_ms
    FROM steps
    WHERE outcome <> 'running'
        AND duration_ms IS NOT NULL
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR agent = $agent)
)
SELECT
    'agent_latency' AS metric,
    $by::VARCHAR AS dimension,
    key,
    quantile_cont(duration_ms, 0.5) AS value,
    NULL::DOUBLE AS numerator,
    count(*)::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'ms' AS unit,
    quantile_cont(duration_ms, 0.95) AS p95,
    quantile_cont(duration_ms, 0.99) AS p99
FROM ended
GROUP BY key
ORDER BY key
