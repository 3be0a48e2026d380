-- Which versions of an agent were at work, when, and how did each do?
-- $agent; $since, $until, $service: NULL for no limit. $limit: at most so many.
SELECT
    agent_version,
    list(DISTINCT model ORDER BY model) FILTER (WHERE model IS NOT NULL) AS models,
    count(*) AS steps,
    count(*) FILTER (WHERE outcome <> 'running') AS ended,
    count(*) FILTER (WHERE outcome = 'completed') AS completed,
    count(*) FILTER (WHERE outcome = 'completed') / nullif(count(*) FILTER (WHERE outcome <> 'running'), 0) AS completion,
    wilson_low(count(*) FILTER (WHERE outcome = 'completed'), count(*) FILTER (WHERE outcome <> 'running')) AS low,
    wilson_high(count(*) FILTER (WHERE outcome = 'completed'), count(*) FILTER (WHERE outcome <> 'running')) AS high,
    quantile_cont(duration_ms, 0.5) AS p50_ms,
    min(started_at) AS first_seen_at,
    max(started_at) AS last_seen_at
FROM steps
WHERE agent = $agent AND in_window(started_at, $since, $until) AND ($service IS NULL OR service_name = $service)
GROUP BY agent_version
ORDER BY first_seen_at, agent_version
LIMIT $limit
