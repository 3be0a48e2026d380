-- Every run with its outcome and its sums.
WITH frames AS (
    SELECT run, any_value(conversation) AS conversation, arg_min(trace_id, (t0, trace_id)) AS trace_id, count(*) AS traces,
           min(t0) AS t0, max(t1) AS t1, sum(spans) AS spans
    FROM work_runs
    GROUP BY run
),

-- time in which at least one model or tool call ran: intervals joined where they touch
calls AS (
    SELECT f.run, w.t0, w.t1
    FROM work_facts AS f
    JOIN work_spans AS w USING (span)
    WHERE f.span_class IN ('llm', 'tool') AND w.t1 > w.t0
),

starts AS (
    SELECT run, t0, t1, max(t1) OVER (PARTITION BY run ORDER BY t0, t1 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM calls
),

busy AS (
    SELECT run, sum(greatest(t1 - greatest(t0, coalesce(before, t0)), 0)) / 1e6 AS work_ms
    FROM starts
    GROUP BY run
),

work AS (
    SELECT run, sum(tool_calls) AS tool_calls, sum(errors) AS errors, sum(soft_errors) AS soft_errors,
           sum(model_calls) AS model_calls, sum(priced_calls) AS priced_calls,
           sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, round(sum(cost), 10) AS cost
    FROM work_tallies
    GROUP BY run
),

turns AS (
    SELECT run, count(*) AS steps, count(DISTINCT agent) AS agents, arg_min(agent, position) AS first_agent, arg_max(agent, position) AS last_agent,
           sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, round(sum(cost_usd), 10) AS cost,
           count(*) FILTER (WHERE empty_output) AS empty_outputs
    FROM new_steps
    GROUP BY run
),

events AS (
    SELECT run, CASE WHEN succeeded THEN 'handoff' ELSE 'failed handoff' END AS event FROM new_handoffs WHERE NOT is_return
    UNION ALL
    SELECT run, 'escalation' FROM new_escalations
    UNION ALL
    SELECT run, 'rework' FROM new_validations WHERE verdict = 'rejected'
    UNION ALL
    SELECT run, 'retry' FROM retried_calls
    UNION ALL
    SELECT run, 'finding' FROM new_findings
),

counted AS (
    SELECT run, count(*) FILTER (WHERE event IN ('handoff', 'failed handoff')) AS handoffs, count(*) FILTER (WHERE event = 'failed handoff') AS handoffs_failed,
           count(*) FILTER (WHERE event = 'escalation') AS escalations, count(*) FILTER (WHERE event = 'rework') AS rework,
           count(*) FILTER (WHERE event = 'retry') AS retries, count(*) FILTER (WHERE event = 'finding') AS findings
    FROM events
    GROUP BY run
)

SELECT f.run, f.conversation, f.trace_id, f.traces, r.service_name, r.name, r.user_id,
       make_timestamp(f.t0 // 1000) AS started_at, make_timestamp(f.t1 // 1000) AS ended_at,
       (f.t1 - f.t0) / 1e6 AS duration_ms, coalesce(b.work_ms, 0) AS work_ms,
       greatest((f.t1 - f.t0) / 1e6 - coalesce(b.work_ms, 0), 0) AS wait_ms,
       o.outcome, o.evidence AS outcome_evidence, o.rule AS outcome_rule, ltrim(left(o.reason, 1000), chr(1)) AS outcome_reason,
       t.first_agent, t.last_agent, coalesce(t.agents, 0) AS agents, coalesce(t.steps, 0) AS steps,
       coalesce(n.handoffs, 0) AS handoffs, coalesce(n.handoffs_failed, 0) AS handoffs_failed,
       coalesce(n.escalations, 0) AS escalations, coalesce(x.model_calls, 0) AS model_calls, coalesce(x.tool_calls, 0) AS tool_calls,
       coalesce(x.errors, 0) AS errors, coalesce(x.soft_errors, 0) + coalesce(t.empty_outputs, 0) AS soft_errors,
       coalesce(n.retries, 0) AS retries, coalesce(n.rework, 0) AS rework, coalesce(n.findings, 0) AS findings,
       coalesce(x.input_tokens, t.input_tokens) AS input_tokens, coalesce(x.output_tokens, t.output_tokens) AS output_tokens,
       CASE WHEN coalesce(x.model_calls, 0) = 0 THEN t.cost WHEN x.priced_calls = x.model_calls THEN x.cost END AS cost_usd,
       i.input_preview, y.output_preview, f.spans
FROM frames AS f
JOIN run_outcomes AS o USING (run)
LEFT JOIN run_roots AS r USING (run)
LEFT JOIN busy AS b USING (run)
LEFT JOIN work AS x USING (run)
LEFT JOIN turns AS t USING (run)
LEFT JOIN counted AS n USING (run)
LEFT JOIN run_inputs AS i USING (run)
LEFT JOIN run_outputs AS y USING (run)
