-- The model calls that count: those with no model call below, with tokens and cost.
CREATE OR REPLACE TEMP TABLE model_calls AS
WITH calls AS (
    SELECT f.trace_id, f.span_id, f.run, f.agent, f.step_span, w.model, w.provider, w.t0, w.t1, w.cost_usd,
           w.input_tokens, w.output_tokens, w.cached_tokens, w.parent_span_id
    FROM work_facts AS f
    JOIN work_spans AS w USING (trace_id, span_id)
    WHERE f.span_class = 'llm'
),

parents AS (
    SELECT trace_id, parent_span_id AS span_id FROM calls WHERE input_tokens IS NOT NULL OR output_tokens IS NOT NULL
    UNION
    SELECT c.trace_id, p.parent_span_id
    FROM calls AS c
    JOIN work_spans AS p ON p.trace_id = c.trace_id AND p.span_id = c.parent_span_id
),

leaves AS (
    SELECT c.* FROM calls AS c
    ANTI JOIN parents USING (trace_id, span_id)
),

-- the first matching price of each model, found once for each
models AS (
    SELECT DISTINCT model FROM leaves WHERE model IS NOT NULL
),

priced AS (
    SELECT m.model, arg_min({'input_usd': p.input_usd, 'cached_usd': p.cached_usd, 'output_usd': p.output_usd}, p.place) AS price
    FROM models AS m
    JOIN prices AS p ON lower(regexp_replace(m.model, '^.*/', '')) LIKE p.model_pattern OR lower(m.model) LIKE p.model_pattern
    GROUP BY m.model
)

SELECT l.*,
       coalesce(l.cost_usd, ((l.input_tokens - coalesce(l.cached_tokens, 0)) * p.price.input_usd
                             + coalesce(l.cached_tokens, 0) * coalesce(p.price.cached_usd, p.price.input_usd)
                             + coalesce(l.output_tokens, 0) * p.price.output_usd) / 1e6) AS cost
FROM leaves AS l
LEFT JOIN priced AS p USING (model);
