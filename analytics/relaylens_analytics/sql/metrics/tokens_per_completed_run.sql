-- How many tokens does a completed piece of work take?
-- $by: total, service, workflow, time ($bucket seconds). $since, $until, $service: NULL for no limit.
WITH ended AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'service' THEN service_name
            WHEN 'workflow' THEN name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        outcome,
        coalesce(input_tokens, 0) + coalesce(output_tokens, 0) AS tokens
    FROM runs
    WHERE outcome <> 'running'
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
),
counted AS (
    SELECT
        key,
        sum(tokens)::DOUBLE AS numerator,
        (count(*) FILTER (WHERE outcome = 'completed'))::DOUBLE AS denominator
    FROM ended
    GROUP BY key
)
SELECT
    'tokens_per_completed_run' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / nullif(denominator, 0) AS value,
    numerator,
    denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'tokens' AS unit
FROM counted
ORDER BY key
