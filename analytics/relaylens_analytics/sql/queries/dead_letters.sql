-- Which records were acknowledged and are not among the rows, and why: rejected in their request, or in a request that cannot be applied?
-- $since, $until, $signal, $limit: NULL for no limit.
SELECT received_at, signal, batch, ordinal, reason, trace_id, span_id, name, body_bytes, body
FROM dead_letters
WHERE in_window(received_at, $since, $until)
    AND ($signal IS NULL OR signal = $signal)
QUALIFY $limit IS NULL OR row_number() OVER (ORDER BY received_at DESC, batch DESC, ordinal DESC) <= $limit
ORDER BY received_at, batch, ordinal
