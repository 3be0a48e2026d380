-- Who is in the network, how much do they do, and how well?
-- $since, $until, $service: NULL for no limit. $limit: the busiest so many. A person's tasks are the questions put to them.
-- A run is known by a hash of 64 bits: its ids are long, and there are as many as runs.
WITH handed_to_people AS (
    SELECT *
    FROM handoffs
    WHERE target_type = 'human'
        AND NOT is_return
        AND in_window(offered_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
),
window_escalations AS (
    SELECT * FROM escalations WHERE in_window(requested_at, $since, $until) AND ($service IS NULL OR service_name = $service)
),
questions AS (
    SELECT coalesce(to_agent, 'human') AS agent, succeeded OR reason IS NOT NULL AS ended, succeeded AS completed, wait_ms AS took_ms, offered_at AS asked_at,
        conversation, run
    FROM handed_to_people
    UNION ALL
    SELECT 'human', asked.state NOT IN ('requested', 'pending'), asked.state IN ('approved', 'denied', 'edited'), asked.pending_ms, asked.requested_at,
        asked.conversation, asked.run
    FROM window_escalations AS asked
    ANTI JOIN handed_to_people AS handed
        ON handed.trace_id = asked.trace_id
        AND handed.from_agent = asked.agent
        AND (handed.span_id = asked.span_id OR handed.span_id IS NULL OR asked.span_id IS NULL)
),
turns AS MATERIALIZED (
    SELECT
        agent,
        'agent' AS kind,
        count(*) AS tasks,
        count(*) FILTER (WHERE outcome <> 'running') AS ended,
        count(*) FILTER (WHERE outcome = 'completed') AS completed,
        count(*) FILTER (WHERE outcome = 'running') AS running,
        count(DISTINCT hash(conversation, run)) AS runs,
        quantile_cont(duration_ms, 0.5) AS p50_ms,
        quantile_cont(duration_ms, 0.95) AS p95_ms,
        sum(errors) AS errors,
        sum(soft_errors) AS soft_errors,
        sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) AS tokens,
        sum(cost_usd) AS cost_usd,
        max(started_at) AS last_seen_at
    FROM steps
    WHERE in_window(started_at, $since, $until) AND ($service IS NULL OR service_name = $service)
    GROUP BY agent
),
edges AS (
    SELECT from_agent, CASE WHEN target_type = 'agent' THEN to_agent END AS to_agent, max(offered_at) AS offered_at
    FROM handoffs
    WHERE NOT is_return AND in_window(offered_at, $since, $until) AND ($service IS NULL OR service_name = $service)
    GROUP BY ALL
),
worked AS (
    FROM turns
    UNION ALL
    SELECT
        agent, 'human', count(*), count(*) FILTER (WHERE ended), count(*) FILTER (WHERE completed), count(*) FILTER (WHERE NOT ended),
        count(DISTINCT (conversation, run)), quantile_cont(took_ms, 0.5), quantile_cont(took_ms, 0.95), 0, 0, 0, NULL, max(asked_at)
    FROM questions
    GROUP BY agent
    UNION ALL
    SELECT named.agent, 'agent', 0, 0, 0, 0, 0, NULL, NULL, 0, 0, 0, NULL, max(named.offered_at)
    FROM (
        SELECT from_agent AS agent, offered_at FROM edges
        UNION ALL
        SELECT to_agent, offered_at FROM edges WHERE to_agent IS NOT NULL
    ) AS named
    ANTI JOIN turns ON turns.agent = named.agent
    GROUP BY named.agent
),
known AS (
    SELECT agent, arg_max(display_name, last_seen_at) AS display_name, list(DISTINCT service_name ORDER BY service_name) AS services
    FROM agents
    GROUP BY agent
),
asked AS (
    SELECT agent, count(*) AS escalations FROM window_escalations GROUP BY agent
),
found AS (
    SELECT coalesce(findings.blamed_agent, findings.agent) AS agent, count(*) AS findings
    FROM findings
    LEFT JOIN runs USING (conversation, run)
    WHERE in_window(findings.found_at, $since, $until) AND ($service IS NULL OR runs.service_name = $service)
    GROUP BY ALL
)
SELECT
    worked.agent,
    coalesce(known.display_name, worked.agent) AS display_name,
    worked.kind,
    known.agent IS NOT NULL OR worked.kind = 'human' AS seen,
    coalesce(known.services, []) AS services,
    worked.tasks,
    worked.ended,
    worked.completed,
    worked.running,
    worked.completed / nullif(worked.ended, 0) AS completion,
    wilson_low(worked.completed, worked.ended) AS low,
    wilson_high(worked.completed, worked.ended) AS high,
    worked.runs,
    coalesce(asked.escalations, 0) AS escalations,
    coalesce(found.findings, 0) AS findings,
    worked.errors::BIGINT AS errors,
    worked.soft_errors::BIGINT AS soft_errors,
    worked.p50_ms,
    worked.p95_ms,
    worked.tokens::BIGINT AS tokens,
    worked.cost_usd,
    worked.last_seen_at
FROM worked
LEFT JOIN known USING (agent)
LEFT JOIN asked USING (agent)
LEFT JOIN found USING (agent)
ORDER BY worked.tasks DESC, worked.agent
LIMIT $limit
