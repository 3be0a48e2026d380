-- How many of its turns does an agent complete?
-- $by: total, agent, agent_version, model, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
WITH ended AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'agent' THEN agent
            WHEN 'agent_version' THEN concat_ws(' ', agent, agent_version)
            WHEN 'model' THEN model
            WHEN 'service' THEN service_name
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        outcome,
        outcome_evidence
    FROM steps
    WHERE outcome <> 'running'
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR agent = $agent)
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
    'agent_completion_rate' AS metric,
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
