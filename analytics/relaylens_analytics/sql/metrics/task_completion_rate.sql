-- How much of the work asked of the network is completed?
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
        outcome_evidence
    FROM runs
    WHERE outcome <> 'running'
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
),
counted AS (
    SELECT
        key,
        (count(*) FILTER (WHERE outcome = 'completed'))::DOUBLE AS numerator,
        count(*)::DOUBLE AS denominator,
        (count(*) FILTER (WHERE outcome_evidence = 'stated'))::DOUBLE AS stated,
        (count(*) FILTER (WHERE outcome_evidence = 'graded'))::DOUBLE AS graded,
        (count(*) FILTER (WHERE outcome_evidence = 'rule'))::DOUBLE AS rule,
        (count(*) FILTER (WHERE outcome_evidence = 'inferred'))::DOUBLE AS inferred
    FROM ended
    GROUP BY key
)
SELECT
    'task_completion_rate' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / denominator AS value,
    numerator,
    denominator,
    wilson_low(numerator, denominator) AS low,
    wilson_high(numerator, denominator) AS high,
    'ratio' AS unit,
    stated / denominator AS stated,
    graded / denominator AS graded,
    rule / denominator AS rule,
    inferred / denominator AS inferred
FROM counted
ORDER BY key
