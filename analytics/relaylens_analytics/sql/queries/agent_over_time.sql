-- How does an agent do from bucket to bucket of time?
-- $agent; $bucket: seconds; $since, $until, $service: NULL for no limit. $limit: at most so many buckets, the latest.
WITH buckets AS (
    SELECT
        time_bucket(to_seconds(coalesce($bucket::BIGINT, 3600)), started_at) AS began_at,
        count(*) AS steps,
        count(*) FILTER (WHERE outcome <> 'running') AS ended,
        count(*) FILTER (WHERE outcome = 'completed') AS completed,
        quantile_cont(duration_ms, 0.5) AS p50_ms,
        quantile_cont(duration_ms, 0.95) AS p95_ms,
        sum(errors)::BIGINT AS errors,
        sum(soft_errors)::BIGINT AS soft_errors,
        sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))::BIGINT AS tokens,
        sum(cost_usd) AS cost_usd,
        list(DISTINCT agent_version ORDER BY agent_version) FILTER (WHERE agent_version IS NOT NULL) AS versions
    FROM steps
    WHERE agent = $agent
        AND started_at IS NOT NULL
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
    GROUP BY began_at
    ORDER BY began_at DESC
    LIMIT $limit
)
SELECT
    began_at, steps, ended, completed,
    completed / nullif(ended, 0) AS completion,
    wilson_low(completed, ended) AS low,
    wilson_high(completed, ended) AS high,
    p50_ms, p95_ms, errors, soft_errors, tokens, cost_usd, versions
FROM buckets
ORDER BY began_at
