-- Who hands work to whom, how often, and how much of it succeeds?
-- $since, $until, $service: NULL for no limit. $limit: the busiest so many.
-- `kind`: handoff, or escalation for questions to a person that no handoff shows; an answer is then a success.
WITH window_handoffs AS (
    SELECT *
    FROM handoffs
    WHERE NOT is_return AND in_window(offered_at, $since, $until) AND ($service IS NULL OR service_name = $service)
),
crossings AS (
    SELECT
        'handoff' AS kind, from_agent, to_agent, target_type, mode, succeeded, succeeded OR reason IS NOT NULL AS decided,
        CASE WHEN NOT succeeded THEN reason END AS reason, wait_ms, offered_at AS crossed_at, conversation, run
    FROM window_handoffs
    UNION ALL
    SELECT
        'escalation', asked.agent, 'human', 'human', 'return_to_caller', asked.state IN ('approved', 'denied', 'edited'),
        asked.state NOT IN ('requested', 'pending'), CASE WHEN asked.state IN ('timed_out', 'abandoned') THEN asked.state END,
        asked.pending_ms, asked.requested_at, asked.conversation, asked.run
    FROM escalations AS asked
    ANTI JOIN window_handoffs AS handed
        ON handed.target_type = 'human'
        AND handed.trace_id = asked.trace_id
        AND handed.from_agent = asked.agent
        AND (handed.span_id = asked.span_id OR handed.span_id IS NULL OR asked.span_id IS NULL)
    WHERE asked.agent IS NOT NULL
        AND in_window(asked.requested_at, $since, $until)
        AND ($service IS NULL OR asked.service_name = $service)
)
SELECT
    kind,
    from_agent,
    to_agent,
    target_type,
    count(*) AS handoffs,
    count(*) FILTER (WHERE decided) AS decided,
    count(*) FILTER (WHERE succeeded) AS succeeded,
    count(*) FILTER (WHERE succeeded) / nullif(count(*) FILTER (WHERE decided), 0) AS success,
    wilson_low(count(*) FILTER (WHERE succeeded), count(*) FILTER (WHERE decided)) AS low,
    wilson_high(count(*) FILTER (WHERE succeeded), count(*) FILTER (WHERE decided)) AS high,
    quantile_cont(wait_ms, 0.5) AS p50_wait_ms,
    quantile_cont(wait_ms, 0.95) AS p95_wait_ms,
    coalesce(histogram(reason) FILTER (WHERE reason IS NOT NULL), MAP {}) AS reasons,
    histogram(mode) AS modes,
    count(DISTINCT (conversation, run)) AS runs,
    max(crossed_at) AS last_at
FROM crossings
GROUP BY kind, from_agent, to_agent, target_type
ORDER BY handoffs DESC, from_agent, to_agent, kind
LIMIT $limit
