-- Every run with its outcome and its sums.
WITH frames AS (
    SELECT run, any_value(conversation) AS conversation, arg_min(trace_id, (t0, trace_id)) AS trace_id, count(*) AS traces,
           min(t0) AS t0, max(t1) AS t1, sum(spans) AS spans
    FROM work_runs
    GROUP BY run
),

roots AS (
    SELECT r.run,
           arg_min(coalesce(w.workflow_name, w.name_text), (w.workflow_name IS NULL, w.parent_span_id IS NOT NULL, w.t0)) AS name,
           arg_min(w.service_name, w.t0) AS service_name,
           arg_min(w.user_id, w.t0) FILTER (WHERE w.user_id IS NOT NULL) AS user_id
    FROM work_spans AS w
    JOIN work_runs AS r USING (trace)
    JOIN work_classes AS k USING (span)
    WHERE k.span_class <> 'chain' OR w.parent_span_id IS NULL
    GROUP BY r.run
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

facts AS (
    SELECT f.run, count(*) FILTER (WHERE f.span_class = 'tool') AS tool_calls,
           count(e.span) FILTER (WHERE e.is_origin) AS errors, count(e.span) FILTER (WHERE e.is_soft_error) AS soft_errors
    FROM work_facts AS f
    LEFT JOIN span_errors AS e USING (span)
    GROUP BY f.run
),

models AS (
    SELECT run, count(*) AS model_calls, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
           CASE WHEN count(cost) = count(*) THEN round(sum(cost), 10) END AS cost
    FROM model_calls
    GROUP BY run
),

turns AS (
    SELECT run, count(*) AS steps, count(DISTINCT agent) AS agents, arg_min(agent, position) AS first_agent, arg_max(agent, position) AS last_agent,
           sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, round(sum(cost_usd), 10) AS cost,
           count(*) FILTER (WHERE empty_output) AS empty_outputs
    FROM new_steps
    GROUP BY run
),

passed AS (
    SELECT run, count(*) FILTER (WHERE NOT is_return) AS handoffs, count(*) FILTER (WHERE NOT is_return AND NOT succeeded) AS handoffs_failed
    FROM new_handoffs
    GROUP BY run
),

asked AS (
    SELECT run, count(*) AS escalations FROM new_escalations GROUP BY run
),

judged AS (
    SELECT run, count(*) AS rework FROM new_validations WHERE verdict = 'rejected' GROUP BY run
),

again AS (
    SELECT run, count(*) AS retries FROM retried_calls GROUP BY run
),

found AS (
    SELECT run, count(*) AS findings FROM new_findings GROUP BY run
)

SELECT f.run, f.conversation, f.trace_id, f.traces, r.service_name, r.name, r.user_id,
       make_timestamp(f.t0 // 1000) AS started_at, make_timestamp(f.t1 // 1000) AS ended_at,
       (f.t1 - f.t0) / 1e6 AS duration_ms, coalesce(b.work_ms, 0) AS work_ms,
       greatest((f.t1 - f.t0) / 1e6 - coalesce(b.work_ms, 0), 0) AS wait_ms,
       o.outcome, o.evidence AS outcome_evidence, o.rule AS outcome_rule, ltrim(left(o.reason, 1000), chr(1)) AS outcome_reason,
       t.first_agent, t.last_agent, coalesce(t.agents, 0) AS agents, coalesce(t.steps, 0) AS steps,
       coalesce(p.handoffs, 0) AS handoffs, coalesce(p.handoffs_failed, 0) AS handoffs_failed,
       coalesce(a.escalations, 0) AS escalations, coalesce(m.model_calls, 0) AS model_calls, coalesce(x.tool_calls, 0) AS tool_calls,
       coalesce(x.errors, 0) AS errors, coalesce(x.soft_errors, 0) + coalesce(t.empty_outputs, 0) AS soft_errors,
       coalesce(g.retries, 0) AS retries, coalesce(j.rework, 0) AS rework, coalesce(n.findings, 0) AS findings,
       coalesce(m.input_tokens, t.input_tokens) AS input_tokens, coalesce(m.output_tokens, t.output_tokens) AS output_tokens,
       CASE WHEN m.model_calls IS NULL THEN t.cost ELSE m.cost END AS cost_usd,
       i.input_preview, y.output_preview, f.spans
FROM frames AS f
JOIN run_outcomes AS o USING (run)
LEFT JOIN roots AS r USING (run)
LEFT JOIN busy AS b USING (run)
LEFT JOIN facts AS x USING (run)
LEFT JOIN models AS m USING (run)
LEFT JOIN turns AS t USING (run)
LEFT JOIN passed AS p USING (run)
LEFT JOIN asked AS a USING (run)
LEFT JOIN judged AS j USING (run)
LEFT JOIN again AS g USING (run)
LEFT JOIN found AS n USING (run)
LEFT JOIN run_inputs AS i USING (run)
LEFT JOIN run_outputs AS y USING (run)
