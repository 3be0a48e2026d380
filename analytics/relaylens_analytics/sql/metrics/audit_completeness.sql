-- Do we hold the whole record?
-- $by: total, agent, service, time ($bucket seconds). $now: the moment to measure at. $since, $until, $service, $agent: NULL for no limit.
WITH step_tallies AS (
    SELECT
        CASE WHEN $by = 'time' THEN time_bucket(to_seconds(coalesce($bucket::BIGINT, 3600)), started_at) END AS moment,
        service_name,
        agent,
        count(*) AS ended,
        count(*) FILTER (WHERE has_input) AS with_input,
        count(*) FILTER (WHERE outcome = 'completed') AS completed,
        count(*) FILTER (WHERE outcome = 'completed' AND has_output) AS with_output,
        count(model) AS with_model,
        count(agent_version) AS with_version
    FROM steps
    WHERE outcome <> 'running' AND in_window(started_at, $since, $until)
    GROUP BY ALL
),
span_tallies AS (
    SELECT
        CASE WHEN $by = 'time' THEN time_bucket(to_seconds(coalesce($bucket::BIGINT, 3600)), started_at) END AS moment,
        service_name,
        agent,
        count(*) AS spans,
        count(*) FILTER (WHERE is_whole) AS whole,
        count(parent_held) AS children,
        count(*) FILTER (WHERE parent_held) AS with_parent,
        count(*) FILTER (WHERE is_numbered) AS numbered
    FROM span_facts
    WHERE in_window(started_at, $since, $until)
    GROUP BY ALL
),
weighed AS (
    SELECT moment, service_name, agent, 'prompt' AS part, ended AS expected, with_input AS held
    FROM step_tallies
    UNION ALL
    SELECT moment, service_name, agent, 'answer', completed, with_output
    FROM step_tallies
    WHERE completed > 0
    UNION ALL
    SELECT moment, service_name, agent, 'model', ended, with_model
    FROM step_tallies
    UNION ALL
    SELECT moment, service_name, agent, 'agent_version', ended, with_version
    FROM step_tallies
    UNION ALL
    SELECT offered_at, service_name, from_agent, 'receipt', 1, (to_step IS NOT NULL OR received IS NOT NULL)::INTEGER
    FROM handoffs
    WHERE NOT is_return
        AND target_type = 'agent'
        AND reason IS DISTINCT FROM 'unknown_target'
        AND in_window(offered_at, $since, $until)
    UNION ALL
    SELECT moment, service_name, agent, 'parent', children, with_parent
    FROM span_tallies
    WHERE children > 0
    UNION ALL
    SELECT moment, service_name, agent, 'attributes', spans, whole
    FROM span_tallies
    -- A span that is missing has no agent: where agents are asked for, this check has nothing to say.
    UNION ALL
    SELECT moment, service_name, NULL, 'span', numbered, numbered
    FROM span_tallies
    WHERE numbered > 0 AND $by <> 'agent'
    UNION ALL
    SELECT after, service_name, NULL, 'span', missing, 0
    FROM record_gaps($now)
    WHERE in_window(after, $since, $until) AND $by <> 'agent'
),
counted AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'agent' THEN agent
            WHEN 'service' THEN service_name
            WHEN 'time' THEN time_key(moment, $bucket)
        END AS key,
        part,
        sum(held)::DOUBLE AS numerator,
        sum(expected)::DOUBLE AS denominator
    FROM weighed
    WHERE ($service IS NULL OR service_name = $service) AND ($agent IS NULL OR agent = $agent)
    GROUP BY ALL
)
SELECT
    'audit_completeness' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / denominator AS value,
    numerator,
    denominator,
    wilson_low(numerator, denominator) AS low,
    wilson_high(numerator, denominator) AS high,
    'ratio' AS unit,
    part
FROM counted
ORDER BY key, part
