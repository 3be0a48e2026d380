-- What were people asked, by whom, and what became of it?
-- $since, $until, $service, $agent, $states (list), $conversation: NULL for no limit.
-- $now: the moment to measure open questions at. $limit: the latest so many; they come in time order.
WITH latest AS (
    SELECT *
    FROM escalations
    WHERE in_window(requested_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($agent IS NULL OR agent = $agent)
        AND ($conversation IS NULL OR conversation = $conversation)
        AND ($states IS NULL OR list_contains($states::VARCHAR[], state))
    ORDER BY requested_at DESC NULLS FIRST, escalation DESC
    LIMIT $limit
)
SELECT
    conversation, run, trace_id, span_id, escalation, agent, service_name, state,
    state IN ('requested', 'pending') AS open,
    rule, tool_name, requested_at, answered_at,
    CASE WHEN state IN ('requested', 'pending') THEN (epoch_us($now::TIMESTAMP) - epoch_us(requested_at)) / 1000.0 ELSE pending_ms END AS pending_ms,
    question,
    answer,
    answered_by
FROM latest
ORDER BY requested_at NULLS LAST, escalation
