-- How does each agent do, in everything we measure?
-- $since, $until, $service, $agent: NULL for no limit. $limit: the busiest so many.
WITH turns AS (
    SELECT
        agent,
        count(*) AS steps,
        count(DISTINCT hash(conversation, run)) AS runs,  -- its ids are long, and there are as many as runs
        count(*) FILTER (WHERE outcome <> 'running') AS ended,
        count(*) FILTER (WHERE outcome = 'completed') AS completed,
        count(*) FILTER (WHERE outcome <> 'running' AND outcome_evidence = 'stated') AS stated,
        count(*) FILTER (WHERE outcome <> 'running' AND outcome_evidence = 'graded') AS graded,
        count(*) FILTER (WHERE outcome <> 'running' AND outcome_evidence = 'rule') AS by_rule,
        count(*) FILTER (WHERE outcome <> 'running' AND outcome_evidence = 'inferred') AS inferred,
        quantile_cont(duration_ms, 0.5) AS p50_ms,
        quantile_cont(duration_ms, 0.95) AS p95_ms,
        sum(model_calls) AS model_calls,
        sum(tool_calls) AS tool_calls,
        sum(errors) AS errors,
        sum(soft_errors) AS soft_errors,
        count(*) FILTER (WHERE empty_output) AS empty_outputs,
        sum(input_tokens) AS input_tokens,
        sum(output_tokens) AS output_tokens,
        sum(cost_usd) AS cost_usd,
        coalesce(list(DISTINCT service_name ORDER BY service_name) FILTER (WHERE service_name IS NOT NULL), []) AS services,
        coalesce(list(DISTINCT agent_version ORDER BY agent_version) FILTER (WHERE agent_version IS NOT NULL), []) AS versions,
        coalesce(list(DISTINCT model ORDER BY model) FILTER (WHERE model IS NOT NULL), []) AS models,
        min(started_at) AS first_seen_at,
        max(started_at) AS last_seen_at
    FROM steps
    WHERE in_window(started_at, $since, $until) AND ($service IS NULL OR service_name = $service) AND ($agent IS NULL OR agent = $agent)
    GROUP BY agent
),
crossings AS (
    SELECT from_agent, to_agent, succeeded, succeeded OR reason IS NOT NULL AS decided
    FROM handoffs
    WHERE NOT is_return AND in_window(offered_at, $since, $until) AND ($service IS NULL OR service_name = $service)
),
handed_out AS (
    SELECT from_agent AS agent, count(*) AS n, count(*) FILTER (WHERE decided) AS decided, count(*) FILTER (WHERE succeeded) AS succeeded
    FROM crossings
    GROUP BY ALL
),
handed_in AS (
    SELECT to_agent AS agent, count(*) AS n, count(*) FILTER (WHERE decided) AS decided, count(*) FILTER (WHERE succeeded) AS succeeded
    FROM crossings
    GROUP BY ALL
),
asked AS (
    SELECT
        agent,
        count(*) AS escalations,
        count(*) FILTER (WHERE state IN ('requested', 'pending')) AS pending,
        count(DISTINCT (conversation, run)) AS escalated_runs
    FROM escalations
    WHERE in_window(requested_at, $since, $until) AND ($service IS NULL OR service_name = $service)
    GROUP BY agent
),
found AS (
    SELECT coalesce(findings.blamed_agent, findings.agent) AS agent, count(*) AS findings, histogram(findings.detector) AS detectors
    FROM findings
    LEFT JOIN runs USING (conversation, run)
    WHERE in_window(findings.found_at, $since, $until) AND ($service IS NULL OR runs.service_name = $service)
    GROUP BY ALL
),
judged AS (
    SELECT subject AS agent, count(*) AS judged, count(*) FILTER (WHERE verdict = 'rejected') AS sent_back
    FROM validations
    WHERE in_window(judged_at, $since, $until) AND ($service IS NULL OR service_name = $service)
    GROUP BY ALL
),
known AS (
    SELECT agent, arg_max(display_name, last_seen_at) AS display_name FROM agents GROUP BY agent
)
SELECT
    turns.agent,
    coalesce(known.display_name, turns.agent) AS display_name,
    turns.services, turns.versions, turns.models,
    turns.steps, turns.runs, turns.ended, turns.completed,
    turns.completed / nullif(turns.ended, 0) AS completion,
    wilson_low(turns.completed, turns.ended) AS completion_low,
    wilson_high(turns.completed, turns.ended) AS completion_high,
    turns.stated, turns.graded, turns.by_rule, turns.inferred,
    turns.p50_ms, turns.p95_ms,
    turns.model_calls::BIGINT AS model_calls,
    turns.tool_calls::BIGINT AS tool_calls,
    turns.errors::BIGINT AS errors,
    turns.soft_errors::BIGINT AS soft_errors,
    turns.empty_outputs,
    turns.input_tokens::BIGINT AS input_tokens,
    turns.output_tokens::BIGINT AS output_tokens,
    turns.cost_usd,
    turns.cost_usd / nullif(turns.completed, 0) AS cost_per_completed_step,
    coalesce(handed_out.n, 0) AS handed_out,
    handed_out.succeeded / nullif(handed_out.decided, 0) AS handed_out_success,
    coalesce(handed_in.n, 0) AS handed_in,
    handed_in.succeeded / nullif(handed_in.decided, 0) AS handed_in_success,
    coalesce(asked.escalations, 0) AS escalations,
    coalesce(asked.pending, 0) AS escalations_pending,
    coalesce(asked.escalated_runs, 0) AS escalated_runs,
    coalesce(found.findings, 0) AS findings,
    coalesce(found.detectors, MAP {}) AS detectors,
    coalesce(judged.judged, 0) AS judged,
    coalesce(judged.sent_back, 0) AS sent_back,
    turns.first_seen_at,
    turns.last_seen_at
FROM turns
LEFT JOIN known USING (agent)
LEFT JOIN handed_out USING (agent)
LEFT JOIN handed_in USING (agent)
LEFT JOIN asked USING (agent)
LEFT JOIN found USING (agent)
LEFT JOIN judged USING (agent)
ORDER BY turns.steps DESC, turns.agent
LIMIT $limit
