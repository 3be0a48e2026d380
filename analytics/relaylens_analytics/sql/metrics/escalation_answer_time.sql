-- How long do people take to answer?
-- $by: total, agent, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
WITH answered AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'agent' THEN agent
            WHEN 'service' THEN service_name
            WHEN 'time' THEN time_key(requested_at, $bucket)
        END AS key,
        pending_ms
    FROM escalations
    WHERE pending_ms IS NOT NULL
        AND in_window(requested_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR agent = $agent)
)
SELECT
    'escalation_answer_time' AS metric,
    $by::VARCHAR AS dimension,
    key,
    quantile_cont(pending_ms, 0.5) AS value,
    NULL::DOUBLE AS numerator,
    count(*)::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'ms' AS unit,
    quantile_cont(pending_ms, 0.95) AS p95
FROM answered
GROUP BY key
ORDER BY key
