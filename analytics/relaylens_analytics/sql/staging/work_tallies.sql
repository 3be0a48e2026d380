-- Calls, errors, tokens and cost by run and step.
SELECT f.run, f.step,
       count(*) FILTER (WHERE f.span_class = 'tool') AS tool_calls,
       count(e.span) FILTER (WHERE e.is_origin) AS errors,
       count(e.span) FILTER (WHERE e.is_soft_error) AS soft_errors,
       count(m.span) AS model_calls, count(m.cost) AS priced_calls, arg_max(m.model, (m.t0, m.span)) AS model,
       sum(m.input_tokens) AS input_tokens, sum(m.output_tokens) AS output_tokens, sum(m.cost) AS cost
FROM work_facts AS f
LEFT JOIN span_errors AS e USING (span)
LEFT JOIN model_calls AS m ON m.span = f.span
GROUP BY f.run, f.step
