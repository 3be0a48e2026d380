-- Why does work not survive being handed over?
-- $by: total, edge, from_agent, to_agent, target_type, mode, rule, service, time ($bucket seconds).
-- $since, $until, $service, $from_agent, $to_agent: NULL for no limit.
WITH decided AS (
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
        reason
    FROM handoffs
    WHERE NOT is_return
        AND (succeeded OR reason IS NOT NULL)
        AND in_window(offered_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($from_agent IS NULL OR from_agent = $from_agent)
        AND ($to_agent IS NULL OR to_agent = $to_agent)
),
reasons AS (
    SELECT key, reason, count(*)::DOUBLE AS numerator
    FROM decided
    WHERE NOT succeeded
    GROUP BY key, reason
),
keys AS (
    SELECT key, count(*)::DOUBLE AS denominator
    FROM decided
    GROUP BY key
)
SELECT
    'handoff_failure_reasons' AS metric,
    $by::VARCHAR AS dimension,
    reasons.key,
    reasons.numerator / keys.denominator AS value,
    reasons.numerator,
    keys.denominator,
    wilson_low(reasons.numerator, keys.denominator) AS low,
    wilson_high(reasons.numerator, keys.denominator) AS high,
    'ratio' AS unit,
    reasons.reason AS part
FROM reasons
JOIN keys ON keys.key IS NOT DISTINCT FROM reasons.key
ORDER BY reasons.key, reasons.numerator DESC, reasons.reason
