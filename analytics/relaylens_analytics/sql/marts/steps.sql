-- Every step with its work, tokens, outcome and texts.
-- needs: work_steps
WITH calls AS (
    SELECT f.step,
           count(*) FILTER (WHERE f.span_class = 'tool') AS tool_calls,
           count(e.span) FILTER (WHERE e.is_origin) AS errors,
           count(e.span) FILTER (WHERE e.is_soft_error) AS soft_errors
    FROM work_facts AS f
    LEFT JOIN span_errors AS e USING (span)
    WHERE f.step IS NOT NULL
    GROUP BY f.step
),

models AS (
    SELECT step, count(*) AS model_calls, arg_max(model, (t0, span)) AS model,
           sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
           CASE WHEN count(cost) = count(*) THEN round(sum(cost), 10) END AS cost
    FROM model_calls
    WHERE step IS NOT NULL
    GROUP BY step
),

bus AS (
    SELECT s.step, sum(u.input_tokens) AS input_tokens, sum(u.output_tokens) AS output_tokens
    FROM work_steps AS s
    JOIN work_bus_usage AS u ON u.run = s.run AND u.agent = s.agent AND u.t0 BETWEEN s.t0 AND s.t1 + 50000000
    GROUP BY s.step
)

SELECT w.trace_id || ':' || w.span_id AS step, s.run, r.conversation, w.trace_id, w.span_id, s.position,
       w.trace_id || ':' || p.span_id AS parent_step, s.agent, s.agent_rule, w.agent_version, s.service_name,
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
JOIN work_spans AS w ON w.span = s.step
JOIN work_runs AS r ON r.trace = s.trace
JOIN step_outcomes AS o USING (step)
JOIN step_inputs AS i USING (step)
JOIN step_outputs AS u USING (step)
LEFT JOIN work_rows AS p ON p.span = s.parent_step
LEFT JOIN calls AS c USING (step)
LEFT JOIN models AS m USING (step)
LEFT JOIN bus AS b USING (step)
