-- How long did work wait between being offered and being accepted?
-- $from_agent, $to_agent; $since, $until, $service: NULL for no limit. $limit: the latest so many.
SELECT wait_ms, succeeded
FROM handoffs
WHERE NOT is_return
    AND from_agent = $from_agent
    AND to_agent IS NOT DISTINCT FROM $to_agent
    AND wait_ms IS NOT NULL
    AND in_window(offered_at, $since, $until)
    AND ($service IS NULL OR service_name = $service)
ORDER BY offered_at DESC NULLS LAST, handoff
LIMIT $limit
