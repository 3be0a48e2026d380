-- Which work came back from the agent it was handed to, and how soon?
-- $from_agent, $to_agent; $since, $until, $service: NULL for no limit. $limit: the latest so many. `hops`: handoffs in between, 1 for straight back.
WITH there AS (
    SELECT *
    FROM handoffs
    WHERE NOT is_return
        AND from_agent = $from_agent
        AND to_agent = $to_agent
        AND in_window(offered_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
),
back AS (
    SELECT * FROM handoffs WHERE NOT is_return AND from_agent = $to_agent AND to_agent = $from_agent
)
SELECT
    there.conversation, there.run, there.trace_id, there.handoff, there.offered_at, there.reason,
    min_by(back.handoff, back.position) AS back_handoff,
    min_by(back.offered_at, back.position) AS back_at,
    min(back.position) - there.position AS hops,
    (epoch_us(min_by(back.offered_at, back.position)) - epoch_us(there.offered_at)) / 1000.0 AS back_after_ms
FROM there
JOIN back
    ON back.conversation = there.conversation
    AND back.run IS NOT DISTINCT FROM there.run
    AND back.position > there.position
GROUP BY there.conversation, there.run, there.trace_id, there.handoff, there.offered_at, there.reason, there.position
ORDER BY there.offered_at DESC NULLS LAST, there.handoff
LIMIT $limit
