-- How many tokens are used?
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
        coalesce(input_tokens, 0) AS input_tokens,
        coalesce(output_tokens, 0) AS output_tokens
    FROM span_facts
    WHERE is_leaf_llm
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR agent = $agent)
)
SELECT
    'tokens' AS metric,
    $by::VARCHAR AS dimension,
    key,
    sum(input_tokens + output_tokens)::DOUBLE AS value,
    sum(input_tokens + output_tokens)::DOUBLE AS numerator,
    count(*)::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'tokens' AS unit,
    sum(input_tokens)::DOUBLE AS input_tokens,
    sum(output_tokens)::DOUBLE AS output_tokens
FROM calls
GROUP BY key
ORDER BY key
