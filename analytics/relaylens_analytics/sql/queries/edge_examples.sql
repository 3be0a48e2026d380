-- What was sent from one agent to another, and what did it receive?
-- $from_agent, $to_agent; $since, $until, $service: NULL for no limit. $failed: true for handoffs that did not succeed, false for those that did.
-- $limit: the latest so many.
SELECT
    conversation, run, trace_id, span_id, handoff, offered_at, state, ok, succeeded, reason, mode, rule, wait_ms, from_step, to_step,
    sent, received, length(sent) AS sent_length, length(received) AS received_length
FROM handoffs
WHERE NOT is_return
    AND from_agent = $from_agent
    AND to_agent IS NOT DISTINCT FROM $to_agent
    AND in_window(offered_at, $since, $until)
    AND ($service IS NULL OR service_name = $service)
    AND ($failed IS NULL OR (NOT succeeded AND reason IS NOT NULL) = $failed::BOOLEAN)
ORDER BY offered_at DESC NULLS LAST, handoff
LIMIT $limit
