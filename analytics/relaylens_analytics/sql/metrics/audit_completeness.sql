-- Do we hold the whole record?
-- $by: total, agent, service, time ($bucket seconds). $now: the moment to measure at. $since, $until, $service, $agent: NULL for no limit.
WITH ended_steps AS (
    SELECT started_at AS moment, service_name, agent, outcome, has_input, has_output, model, agent_version
    FROM steps
    WHERE outcome <> 'running' AND in_window(started_at, $since, $until)
),
window_spans AS (
    SELECT trace_id, span_id, parent_span_id, started_at AS moment, service_name,
        dropped_attributes_count, dropped_events_count, dropped_links_count
    FROM spans
    WHERE in_window(started_at, $since, $until)
),
named_parents AS (
    SELECT DISTINCT trace_id, parent_span_id
    FROM window_spans
    WHERE parent_span_id IS NOT NULL
),
stored_parents AS (
    SELECT named_parents.trace_id, named_parents.parent_span_id
    FROM named_parents
    SEMI JOIN spans ON spans.trace_id = named_parents.trace_id AND spans.span_id = named_parents.parent_span_id
),
span_checks AS (
    SELECT
        window_spans.moment,
        window_spans.service_name,
        span_facts.agent,
        CASE WHEN window_spans.parent_span_id IS NOT NULL THEN stored_parents.parent_span_id IS NOT NULL END AS parent,
        coalesce(dropped_attributes_count, 0) + coalesce(dropped_events_count, 0) + coalesce(dropped_links_count, 0) = 0 AS whole
    FROM window_spans
    LEFT JOIN stored_parents USING (trace_id, parent_span_id)
    LEFT JOIN span_facts USING (trace_id, span_id)
),
checks AS (
    SELECT moment, service_name, agent, 'prompt' AS part, has_input AS held
    FROM ended_steps
    UNION ALL
    SELECT moment, service_name, agent, 'answer', has_output
    FROM ended_steps
    WHERE outcome = 'completed'
    UNION ALL
    SELECT moment, service_name, agent, 'model', model IS NOT NULL
    FROM ended_steps
    UNION ALL
    SELECT moment, service_name, agent, 'agent_version', agent_version IS NOT NULL
    FROM ended_steps
    UNION ALL
    SELECT moment, service_name, agent, 'parent', parent
    FROM span_checks
    WHERE parent IS NOT NULL
    UNION ALL
    SELECT moment, service_name, agent, 'attributes', whole
    FROM span_checks
    UNION ALL
    SELECT offered_at, service_name, from_agent, 'receipt', to_step IS NOT NULL OR received IS NOT NULL
    FROM handoffs
    WHERE NOT is_return
        AND target_type = 'agent'
        AND reason IS DISTINCT FROM 'unknown_target'
        AND in_window(offered_at, $since, $until)
),
-- A span that is missing has no agent: where agents are asked for, this check has nothing to say.
numbered AS (
    SELECT numbers.started_at AS moment, numbers.service_name, 1 AS expected, TRUE AS held
    FROM exported_numbers() AS numbers
    WHERE in_window(numbers.started_at, $since, $until)
    UNION ALL
    SELECT after, service_name, missing, FALSE
    FROM record_gaps($now)
    WHERE in_window(after, $since, $until)
),
weighed AS (
    SELECT moment, service_name, agent, part, 1 AS expected, held FROM checks
    UNION ALL
    SELECT moment, service_name, NULL, 'span', expected, held
    FROM numbered
    WHERE $by <> 'agent'
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
        coalesce(sum(expected) FILTER (WHERE held), 0)::DOUBLE AS numerator,
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
