-- How long does work lie between being handed over and being taken up?
-- $by: total, edge, from_agent, to_agent, target_type, mode, rule, service, time ($bucket seconds).
-- $since, $until, $service, $from_agent, $to_agent: NULL for no limit.
WITH accepted AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'edge' THEN concat(from_agent, ' -> ', coalesce(to_agent, '?'))
            WHEN 'from_agent' THEN from_agent
            WHEN 'to_agent' THEN to_agent
            WHEN 'target_type' THEN target_type
            WHEN 'mode' THEN mode
            WHEN 'rule' THEN rule
            WHEN 'service' THEN service_name
            WHEN 'time' THEN time_key(offered_at, $bucket)
        END AS key,
        wait_ms
    FROM handoffs
    WHERE NOT is_return
        AND wait_ms IS NOT NULL
        AND in_window(offered_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($from_agent IS NULL OR from_agent = $from_agent)
        AND ($to_agent IS NULL OR to_agent = $to_agent)
)
SELECT
    'handoff_wait' AS metric,
    $by::VARCHAR AS dimension,
    key,
    quantile_cont(wait_ms, 0.5) AS value,
    NULL::DOUBLE AS numerator,
    count(*)::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'ms' AS unit,
    quantile_cont(wait_ms, 0.95) AS p95
FROM accepted
GROUP BY key
ORDER BY key
