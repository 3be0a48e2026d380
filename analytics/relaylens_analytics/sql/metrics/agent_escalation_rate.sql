-- In how much of the work it takes part in does an agent ask a person?
-- $by: agent, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
-- A run is known by a hash of 64 bits: hundreds of thousands of ids, each with every agent of its run, would not fit in the memory.
WITH asked AS (
    SELECT DISTINCT hash(conversation, run) AS place, agent
    FROM escalations
    WHERE run IS NOT NULL AND agent IS NOT NULL
),
took_part AS (
    SELECT DISTINCT hash(conversation, run) AS place, agent
    FROM steps
    -- no turn begins before its run
    WHERE ($since IS NULL OR started_at IS NULL OR started_at >= $since::TIMESTAMP) AND ($agent IS NULL OR agent = $agent)
    UNION
    SELECT place, agent
    FROM asked
),
ended AS (
    SELECT
        CASE $by
            WHEN 'agent' THEN took_part.agent
            WHEN 'service' THEN runs.service_name
            WHEN 'time' THEN time_key(runs.started_at, $bucket)
        END AS key,
        asked.place IS NOT NULL AS asked
    FROM runs
    JOIN took_part ON took_part.place = hash(runs.conversation, runs.run)
    LEFT JOIN asked ON asked.place = took_part.place AND asked.agent = took_part.agent
    WHERE runs.outcome <> 'running'
        AND in_window(runs.started_at, $since, $until)
        AND ($service IS NULL OR runs.service_name = $service)
        AND ($agent IS NULL OR took_part.agent = $agent)
),
counted AS (
    SELECT key, (count(*) FILTER (WHERE asked))::DOUBLE AS numerator, count(*)::DOUBLE AS denominator
    FROM ended
    GROUP BY key
)
SELECT
    'agent_escalation_rate' AS metric,
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
