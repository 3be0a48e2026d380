-- How many model and tool calls fail without any error on a span?
-- $by: total, agent, model, tool, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
WITH calls AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'agent' THEN agent
            WHEN 'model' THEN model
            WHEN 'tool' THEN tool_name
            WHEN 'service' THEN service_name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        is_soft_error AND NOT is_error AS failed
    FROM span_facts
    WHERE (is_leaf_llm OR span_class IN ('tool', 'handoff'))
        AND ($by <> 'model' OR is_leaf_llm)
        AND ($by <> 'tool' OR span_class IN ('tool', 'handoff'))
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR agent = $agent)
),
counted AS (
    SELECT key, (count(*) FILTER (WHERE failed))::DOUBLE AS numerator, count(*)::DOUBLE AS denominator
    FROM calls
    GROUP BY key
)
SELECT
    'soft_error_rate' AS metric,
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
