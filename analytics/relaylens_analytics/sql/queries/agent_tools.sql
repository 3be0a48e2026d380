-- Which tools does an agent call, how often, and how often do they fail?
-- $agent; $since, $until, $service: NULL for no limit. $limit: the most used so many.
SELECT
    tool_name,
    count(*) AS calls,
    count(*) FILTER (WHERE is_error) AS errors,
    count(*) FILTER (WHERE is_soft_error AND NOT is_error) AS soft_errors,
    quantile_cont(duration_ms, 0.5) AS p50_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms,
    max(started_at) AS last_called_at
FROM span_facts
WHERE agent = $agent
    AND span_class IN ('tool', 'handoff')
    AND in_window(started_at, $since, $until)
    AND ($service IS NULL OR service_name = $service)
GROUP BY tool_name
ORDER BY calls DESC, tool_name
LIMIT $limit
