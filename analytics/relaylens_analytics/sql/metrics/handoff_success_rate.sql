-- How often does work survive being handed over?
-- $by: total, edge, from_agent, to_agent, target_type, mode, rule, service, time ($bucket seconds).
-- $since, $until, $service, $from_agent, $to_agent: NULL for no limit.
WITH offered AS (
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
        succeeded,
        succeeded OR reason IS NOT NULL AS decided
    FROM handoffs
    WHERE NOT is_return
        AND in_window(offered_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($from_agent IS NULL OR from_agent = $from_agent)
        AND ($to_agent IS NULL OR to_agent = $to_agent)
),
counted AS (
    SELECT
        key,
        (count(*) FILTER (WHERE succeeded))::DOUBLE AS numerator,
        (count(*) FILTER (WHERE decided))::DOUBLE AS denominator,
        (count(*) FILTER (WHERE NOT decided))::DOUBLE AS undecided
    FROM offered
    GROUP BY key
)
SELECT
    'handoff_success_rate' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / nullif(denominator, 0) AS value,
    numerator,
    denominator,
    wilson_low(numerator, denominator) AS low,
    wilson_high(numerator, denominator) AS high,
    'ratio' AS unit,
    undecided
FROM counted
ORDER BY key
