-- How much is sent along from one agent to another, and how much arrives?
-- $from_agent, $to_agent; $since, $until, $service: NULL for no limit. Sizes in characters, as far as the record holds the text.
SELECT
    count(sent) AS sent,
    count(received) AS received,
    quantile_cont(length(sent), 0.5) AS p50_sent,
    quantile_cont(length(sent), 0.95) AS p95_sent,
    quantile_cont(length(received), 0.5) AS p50_received,
    quantile_cont(length(received), 0.95) AS p95_received,
    count(*) FILTER (WHERE reason = 'context_lost') AS context_lost,
    count(*) FILTER (WHERE sent = '') AS sent_empty
FROM handoffs
WHERE NOT is_return
    AND from_agent = $from_agent
    AND to_agent IS NOT DISTINCT FROM $to_agent
    AND in_window(offered_at, $since, $until)
    AND ($service IS NULL OR service_name = $service)
