-- Calls made again after the same call failed in the same turn.
CREATE OR REPLACE TEMP TABLE retried_calls AS
WITH calls AS (
    SELECT f.run, f.trace_id, f.step_span, f.span_id, f.span_class, w.t0, e.is_error,
           CASE WHEN f.span_class = 'tool' THEN coalesce(t.tool_key, w.name_text)
                ELSE coalesce(w.attributes['gen_ai.request.model'], w.model, '') END AS called
    FROM work_facts AS f
    JOIN work_spans AS w USING (trace_id, span_id)
    JOIN span_errors AS e USING (trace_id, span_id)
    LEFT JOIN work_tools AS t USING (trace_id, span_id)
    WHERE f.span_class IN ('llm', 'tool') AND f.run IS NOT NULL
)

SELECT * FROM (
    SELECT *, lag(is_error) OVER (PARTITION BY run, trace_id, step_span, span_class, called ORDER BY t0, span_id) AS failed_before
    FROM calls
)
WHERE failed_before;
