-- How long has the longest waiting question to a person been open?
-- $by: total, agent, service. $now: the moment to measure at. $since, $until, $service, $agent: NULL for no limit.
WITH open AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'agent' THEN agent
            WHEN 'service' THEN service_name
        END AS key,
        (epoch_us($now::TIMESTAMP) - epoch_us(requested_at)) / 1000.0 AS age_ms
    FROM escalations
    WHERE state IN ('requested', 'pending')
        AND in_window(requested_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR agent = $agent)
)
SELECT
    'pending_escalation_age' AS metric,
    $by::VARCHAR AS dimension,
    key,
    max(age_ms)::DOUBLE AS value,
    NULL::DOUBLE AS numerator,
    count(*)::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'ms' AS unit,
    quantile_cont(age_ms::DOUBLE, 0.5) AS p50
FROM open
GROUP BY key
ORDER BY key
