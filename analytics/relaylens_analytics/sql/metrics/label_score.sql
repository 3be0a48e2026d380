-- How good was the work, as people or programs said later?
-- $by: label, service, workflow, source, time ($bucket seconds). $label: one name. $since, $until, $service: NULL for no limit.
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
scored AS (
    SELECT
        runs.started_at,
        runs.service_name,
        runs.name AS workflow,
        said.name AS label,
        said.source,
        coalesce(said.score, CASE
            WHEN lower(said.value) IN ('true', 'yes', 'correct', 'passed', 'good') THEN 1
            WHEN lower(said.value) IN ('false', 'no', 'incorrect', 'rejected', 'bad') THEN 0
            ELSE TRY_CAST(said.value AS DOUBLE)
        END) AS score
    FROM said
    LEFT JOIN trace_runs ON said.run IS NULL AND trace_runs.trace_id = said.trace_id
    JOIN runs ON runs.run = coalesce(said.run, trace_runs.run)
    WHERE in_window(runs.started_at, $since, $until)
        AND ($service IS NULL OR runs.service_name = $service)
        AND ($label IS NULL OR said.name = $label)
    QUALIFY row_number() OVER (
        PARTITION BY runs.conversation, runs.run, said.name, said.source ORDER BY said.said_at DESC NULLS LAST, said.batch DESC
    ) = 1
),
counted AS (
    SELECT
        CASE $by
            WHEN 'label' THEN label
            WHEN 'service' THEN service_name
            WHEN 'workflow' THEN workflow
            WHEN 'source' THEN source
            WHEN 'time' THEN time_key(started_at, $bucket)
        END AS key,
        label,
        sum(score) AS numerator,
        count(*)::DOUBLE AS denominator,
        bool_and(score IN (0, 1)) AS is_share,
        bool_and(score BETWEEN 0 AND 1) AS is_ratio
    FROM scored
    WHERE score IS NOT NULL AND isfinite(score)
    GROUP BY ALL
)
SELECT
    'label_score' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / denominator AS value,
    numerator,
    denominator,
    CASE WHEN is_share THEN wilson_low(numerator, denominator) END AS low,
    CASE WHEN is_share THEN wilson_high(numerator, denominator) END AS high,
    CASE WHEN is_ratio THEN 'ratio' ELSE 'score' END AS unit,
    label AS part
FROM counted
ORDER BY key, label
