-- What each step was given: the input of its own span, or of its first model call.
CREATE OR REPLACE TEMP TABLE step_inputs AS
WITH first_calls AS (
    SELECT f.trace_id, f.step_span AS span_id, arg_min(w.input, (w.t0, w.span_id)) AS cell,
           bool_or(w.input IS NOT NULL OR len(list_filter(map_keys(w.attributes), lambda k: starts_with(k, 'llm.input_messages.'))) > 0) AS has_prompt
    FROM work_facts AS f
    JOIN work_spans AS w USING (trace_id, span_id)
    WHERE f.span_class = 'llm' AND f.step_span IS NOT NULL
    GROUP BY f.trace_id, f.step_span
),

asked AS (
    SELECT trace_id, span_id, bool_or(name IN ('gen_ai.user.message', 'gen_ai.system.message') OR input_messages IS NOT NULL) AS has_event,
           arg_min(coalesce(content, input_messages), place) FILTER (WHERE name = 'gen_ai.user.message' OR input_messages IS NOT NULL) AS text
    FROM work_events
    GROUP BY trace_id, span_id
)

SELECT s.trace_id, s.span_id,
       coalesce(w.input, c.cell) AS cell,
       coalesce(w.input_text, e.text) AS text,
       coalesce(w.input IS NOT NULL OR c.has_prompt OR e.has_event, FALSE) AS has_input
FROM work_steps AS s
JOIN work_spans AS w USING (trace_id, span_id)
LEFT JOIN first_calls AS c USING (trace_id, span_id)
LEFT JOIN asked AS e USING (trace_id, span_id);
