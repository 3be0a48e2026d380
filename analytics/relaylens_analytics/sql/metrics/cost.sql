-- What do the model calls cost?
-- $by: total, agent, model, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
WITH calls AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'agent' THEN agent
            WHEN 'model' THEN model
            WHEN 'service' THEN service_name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        cost_usd
    FROM span_facts
    WHERE is_leaf_llm
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR agent = $agent)
)
SELECT
    'cost' AS metric,
    $by::VARCHAR AS dimension,
    key,
    sum(cost_usd) AS value,
    sum(cost_usd) AS numerator,
    count(*)::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'USD' AS unit,
    (count(*) FILTER (WHERE cost_usd IS NULL))::DOUBLE AS unpriced
FROM calls
GROUP BY key
ORDER BY key
