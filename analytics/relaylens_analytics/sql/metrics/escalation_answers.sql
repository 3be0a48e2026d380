-- What becomes of the questions to people?
-- $by: total, agent, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
WITH asked AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'agent' THEN agent
            WHEN 'service' THEN service_name
            WHEN 'time' THEN time_key(requested_at, $bucket)
        END AS key,
        state
    FROM escalations
    WHERE in_window(requested_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR agent = $agent)
),
states AS (
    SELECT key, state, count(*)::DOUBLE AS numerator
    FROM asked
    GROUP BY key, state
),
counted AS (
    SELECT key, state, numerator, sum(numerator) OVER (PARTITION BY key) AS denominator
    FROM states
)
SELECT
    'escalation_answers' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / denominator AS value,
    numerator,
    denominator,
    wilson_low(numerator, denominator) AS low,
    wilson_high(numerator, denominator) AS high,
    'ratio' AS unit,
    state AS part
FROM counted
ORDER BY key, numerator DESC, state
