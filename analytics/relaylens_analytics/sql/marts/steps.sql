-- Every step with its work, tokens, outcome and texts.
-- needs: work_steps
WITH bus AS (
    SELECT s.step, sum(u.input_tokens) AS input_tokens, sum(u.output_tokens) AS output_tokens
    FROM work_steps AS s
    JOIN work_bus_usage AS u ON u.run = s.run AND u.agent = s.agent AND u.t0 BETWEEN s.t0 AND s.t1 + 50000000
    GROUP BY s.step
)

SELECT w.trace_id || ':' || w.span_id AS step, s.run, r.conversation, w.trace_id, w.span_id, s.position,
       w.trace_id || ':' || p.span_id AS parent_step, s.agent, s.agent_rule, w.agent_version, s.service_name,
       s.started_at, s.ended_at, (s.t1 - s.t0) / 1e6 AS duration_ms,
       o.outcome, o.evidence AS outcome_evidence, o.rule AS outcome_rule,
       coalesce(c.model, w.model) AS model, coalesce(c.model_calls, 0) AS model_calls, coalesce(c.tool_calls, 0) AS tool_calls,
       coalesce(c.errors, 0) AS errors, coalesce(c.soft_errors, 0) + coalesce(u.is_empty, FALSE)::INTEGER AS soft_errors,
       CASE WHEN coalesce(c.model_calls, 0) = 0 THEN coalesce(w.input_tokens, b.input_tokens) ELSE coalesce(c.input_tokens, b.input_tokens) END AS input_tokens,
       CASE WHEN coalesce(c.model_calls, 0) = 0 THEN coalesce(w.output_tokens, b.output_tokens) ELSE coalesce(c.output_tokens, b.output_tokens) END AS output_tokens,
       CASE WHEN coalesce(c.model_calls, 0) = 0 THEN w.cost_usd WHEN c.priced_calls = c.model_calls THEN round(c.cost, 10) END AS cost_usd,
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
LEFT JOIN work_tallies AS c USING (step)
LEFT JOIN bus AS b USING (step)
