-- Every step with its work, tokens, outcome and texts.
CREATE OR REPLACE TEMP TABLE new_steps AS
WITH calls AS (
    SELECT f.trace_id, f.step_span AS span_id,
           count(*) FILTER (WHERE f.span_class = 'tool') AS tool_calls,
           count(*) FILTER (WHERE e.is_origin) AS errors,
           count(*) FILTER (WHERE e.is_soft_error) AS soft_errors
    FROM work_facts AS f
    JOIN span_errors AS e USING (trace_id, span_id)
    WHERE f.step_span IS NOT NULL
    GROUP BY f.trace_id, f.step_span
),

models AS (
    SELECT trace_id, step_span AS span_id, count(*) AS model_calls, arg_max(model, (t0, span_id)) AS model,
           sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
           CASE WHEN count(cost) = count(*) THEN round(sum(cost), 10) END AS cost
    FROM model_calls
    WHERE step_span IS NOT NULL
    GROUP BY trace_id, step_span
),

bus AS (
    SELECT s.trace_id, s.span_id, sum(u.input_tokens) AS input_tokens, sum(u.output_tokens) AS output_tokens
    FROM work_steps AS s
    JOIN work_bus_usage AS u ON u.run = s.run AND u.agent = s.agent AND u.t0 BETWEEN s.t0 AND s.t1 + 50000000
    GROUP BY s.trace_id, s.span_id
)

SELECT s.trace_id || ':' || s.span_id AS step, s.run, r.conversation, s.trace_id, s.span_id, s.position,
       s.trace_id || ':' || s.parent_step_span AS parent_step, s.agent, s.agent_rule, w.agent_version, s.service_name,
       s.started_at, s.ended_at, (s.t1 - s.t0) / 1e6 AS duration_ms,
       o.outcome, o.evidence AS outcome_evidence, o.rule AS outcome_rule,
       coalesce(m.model, w.model) AS model, coalesce(m.model_calls, 0) AS model_calls, coalesce(c.tool_calls, 0) AS tool_calls,
       coalesce(c.errors, 0) AS errors, coalesce(c.soft_errors, 0) + coalesce(u.is_empty, FALSE)::INTEGER AS soft_errors,
       CASE WHEN m.model_calls IS NULL THEN coalesce(w.input_tokens, b.input_tokens) ELSE coalesce(m.input_tokens, b.input_tokens) END AS input_tokens,
       CASE WHEN m.model_calls IS NULL THEN coalesce(w.output_tokens, b.output_tokens) ELSE coalesce(m.output_tokens, b.output_tokens) END AS output_tokens,
       CASE WHEN m.model_calls IS NULL THEN w.cost_usd ELSE m.cost END AS cost_usd,
       i.cell AS input,
       coalesce(w.output, ltrim(left(u.text, 4000), chr(1))) AS output,
       i.has_input, u.has_output, u.is_empty AS empty_output
FROM work_steps AS s
JOIN work_spans AS w USING (trace_id, span_id)
JOIN work_runs AS r USING (trace_id)
JOIN step_outcomes AS o USING (trace_id, span_id)
JOIN step_inputs AS i USING (trace_id, span_id)
JOIN step_outputs AS u USING (trace_id, span_id)
LEFT JOIN calls AS c USING (trace_id, span_id)
LEFT JOIN models AS m USING (trace_id, span_id)
LEFT JOIN bus AS b USING (trace_id, span_id);
