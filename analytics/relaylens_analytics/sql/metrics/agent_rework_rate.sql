-- How much of an agent's judged work is sent back?
-- $by: total, agent, validator, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
WITH judged AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'agent' THEN subject
            WHEN 'validator' THEN validator
            WHEN 'service' THEN service_name
            WHEN 'time' THEN time_key(judged_at, $bucket)
        END AS key,
        verdict
    FROM validations
    WHERE in_window(judged_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR subject = $agent)
),
counted AS (
    SELECT key, (count(*) FILTER (WHERE verdict = 'rejected'))::DOUBLE AS numerator, count(*)::DOUBLE AS denominator
    FROM judged
    GROUP BY key
)
SELECT
    'agent_rework_rate' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / denominator AS value,
    numerator,
    denominator,
    wilson_low(numerator, denominator) AS low,
    wilson_high(numerator, denominator) AS high,
    'ratio' AS unit
FROM counted
ORDER BY key
