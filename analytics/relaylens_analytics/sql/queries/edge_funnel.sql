-- Of the work handed from one agent to another, how much came how far?
-- $from_agent, $to_agent; $since, $until, $service: NULL for no limit.
SELECT
    count(*) AS offered,
    count(*) FILTER (WHERE state IN ('accepted', 'progressed', 'closed')) AS accepted,
    count(*) FILTER (WHERE state IN ('progressed', 'closed')) AS progressed,
    count(*) FILTER (WHERE state = 'closed') AS closed,
    count(*) FILTER (WHERE succeeded) AS succeeded,
    count(*) FILTER (WHERE NOT succeeded AND reason IS NOT NULL) AS failed,
    count(*) FILTER (WHERE NOT succeeded AND reason IS NULL) AS undecided,
    count(DISTINCT (conversation, run)) AS runs,
    quantile_cont(wait_ms, 0.5) AS p50_wait_ms,
    quantile_cont(wait_ms, 0.95) AS p95_wait_ms,
    quantile_cont((epoch_us(closed_at) - epoch_us(accepted_at)) / 1000.0, 0.5) AS p50_held_ms,
    quantile_cont((epoch_us(closed_at) - epoch_us(accepted_at)) / 1000.0, 0.95) AS p95_held_ms,
    min(offered_at) AS first_at,
    max(offered_at) AS last_at
FROM handoffs
WHERE NOT is_return
    AND from_agent = $from_agent
    AND to_agent IS NOT DISTINCT FROM $to_agent
    AND in_window(offered_at, $since, $until)
    AND ($service IS NULL OR service_name = $service)
