-- How long is it from the request to the business outcome?
-- $by: label, service, workflow, time ($bucket seconds). $label: one name. $since, $until, $service: NULL for no limit.
WITH said AS (
    SELECT run, trace_id, name, value, score, source, labelled_at AS said_at, batch FROM labels WHERE finding IS NULL
    UNION ALL
    SELECT run, trace_id, name, value, score, source, given_at, 0 FROM feedback
),
trace_runs AS (
    SELECT trace_id, min(run) AS run
    FROM span_facts
    SEMI JOIN (SELECT trace_id FROM said WHERE run IS NULL) AS by_trace USING (trace_id)
    GROUP BY trace_id
),
first_said AS (
    SELECT
        runs.conversation,
        runs.run,
        runs.service_name,
        runs.name AS workflow,
        runs.started_at,
        said.name AS label,
        min(said.said_at) AS said_at
    FROM said
    LEFT JOIN trace_runs ON said.run IS NULL AND trace_runs.trace_id = said.trace_id
    JOIN runs ON runs.run = coalesce(said.run, trace_runs.run)
    WHERE in_window(runs.started_at, $since, $until)
        AND ($service IS NULL OR runs.service_name = $service)
        AND ($label IS NULL OR said.name = $label)
    GROUP BY ALL
),
cycles AS (
    SELECT
        CASE $by
            WHEN 'label' THEN label
            WHEN 'service' THEN service_name
            WHEN 'workflow' THEN workflow
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        label,
        ((epoch_us(said_at) - epoch_us(started_at)) / 1000.0)::DOUBLE AS cycle_ms
    FROM first_said
    WHERE said_at IS NOT NULL AND started_at IS NOT NULL
)
SELECT
    'cycle_time' AS metric,
    $by::VARCHAR AS dimension,
    key,
    quantile_cont(cycle_ms, 0.5) AS value,
    NULL::DOUBLE AS numerator,
    count(*)::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'ms' AS unit,
    label AS part,
    quantile_cont(cycle_ms, 0.95) AS p95
FROM cycles
GROUP BY key, label
ORDER BY key, label
