-- Calls made again after the same call failed in the same turn.
-- needs: span_errors
WITH errors AS (
    SELECT span FROM span_errors WHERE is_error
),

failed_in AS (
    SELECT DISTINCT f.run, f.trace, f.step FROM errors AS e JOIN work_facts AS f USING (span) WHERE f.span_class IN ('llm', 'tool')
),

calls AS (
    SELECT f.run, f.trace, f.step, f.span, f.span_class, w.t0, e.span IS NOT NULL AS is_error,
           CASE WHEN f.span_class = 'tool' THEN coalesce(t.tool_key, w.name_text)
                ELSE coalesce(w.request_model, w.model, '') END AS called
    FROM work_facts AS f
    SEMI JOIN failed_in AS i ON i.run = f.run AND i.trace = f.trace AND i.step IS NOT DISTINCT FROM f.step
    JOIN work_spans AS w USING (span)
    LEFT JOIN errors AS e USING (span)
    LEFT JOIN work_tools AS t USING (span)
    WHERE f.span_class IN ('llm', 'tool')
)

SELECT run, span
FROM (
    SELECT run, span, lag(is_error) OVER (PARTITION BY run, trace, step, span_class, called ORDER BY t0, span) AS failed_before
    FROM calls
)
WHERE failed_before
