-- Who handed work to whom in a slice of a run, returns included?
-- $run; $conversation: NULL where the run's id says enough; $since, $until: NULL for no limit. $limit: the first so many.
SELECT
    handoff, conversation, trace_id, span_id, position, from_agent, to_agent, target_type, mode, is_return, state, ok, succeeded, reason, rule,
    offered_at, accepted_at, progressed_at, closed_at, wait_ms, from_step, to_step, sent, received
FROM handoffs
WHERE run = $run
    AND ($conversation IS NULL OR conversation = $conversation)
    AND in_window(offered_at, $since, $until)
ORDER BY offered_at NULLS LAST, position, handoff
LIMIT $limit
