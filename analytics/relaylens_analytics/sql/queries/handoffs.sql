-- Which work was handed over, by whom to whom, and did it succeed?
-- $since, $until, $service, $from_agent, $to_agent, $run, $conversation, $reason, $succeeded (true or false): NULL for no limit.
-- $returns: true to have control going back to the caller too. $limit: the latest so many; they come in time order.
WITH latest AS (
    SELECT *
    FROM handoffs
    WHERE in_window(offered_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($from_agent IS NULL OR from_agent = $from_agent)
        AND ($to_agent IS NULL OR to_agent = $to_agent)
        AND ($run IS NULL OR run = $run)
        AND ($conversation IS NULL OR conversation = $conversation)
        AND ($reason IS NULL OR reason = $reason)
        AND ($succeeded IS NULL OR succeeded = $succeeded::BOOLEAN)
        AND ($returns::BOOLEAN OR NOT is_return)
    ORDER BY offered_at DESC NULLS FIRST, trace_id DESC, position DESC
    LIMIT $limit
)
SELECT
    conversation, run, trace_id, span_id, handoff, position,
    from_agent AS "from",
    to_agent AS "to",
    target_type, ok, succeeded, reason, mode, rule,
    is_return AS "return",
    state, service_name, offered_at, accepted_at, progressed_at, closed_at, wait_ms, from_step, to_step,
    sent, received
FROM latest
ORDER BY offered_at NULLS LAST, trace_id, position
