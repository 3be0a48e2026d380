-- The model calls that count: those with no model call below, with tokens and cost.
WITH calls AS (
    SELECT f.span, f.run, f.agent, f.step, w.model, w.provider, w.t0, w.t1, w.cost_usd,
           w.input_tokens, w.output_tokens, w.cached_tokens, w.parent
    FROM work_facts AS f
    JOIN work_spans AS w USING (span)
    WHERE f.span_class = 'llm'
),

parents AS (
    SELECT parent AS span FROM calls WHERE parent IS NOT NULL AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
    UNION
    SELECT p.parent
    FROM (SELECT DISTINCT parent FROM calls) AS c
    JOIN work_spans AS p ON p.span = c.parent
    WHERE p.parent IS NOT NULL
),

leaves AS (
    SELECT c.* FROM calls AS c
    ANTI JOIN parents USING (span)
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

SELECT l.span, l.run, l.agent, l.step, l.model, l.t0, l.input_tokens, l.output_tokens,
       coalesce(l.cost_usd, ((l.input_tokens - coalesce(l.cached_tokens, 0)) * p.price.input_usd
                             + coalesce(l.cached_tokens, 0) * coalesce(p.price.cached_usd, p.price.input_usd)
                             + coalesce(l.output_tokens, 0) * p.price.output_usd) / 1e6) AS cost
FROM leaves AS l
LEFT JOIN priced AS p USING (model)
