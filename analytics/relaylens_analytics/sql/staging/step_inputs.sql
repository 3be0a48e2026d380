-- What each step was given: the input of its own span, or of its first model call.
-- needs: work_steps
WITH first_calls AS (
    SELECT f.step, arg_min(w.input, (w.t0, w.span)) AS cell,
           bool_or(w.input IS NOT NULL OR (occurs('llm.input_messages.') AND len(list_filter(map_keys(w.attributes), lambda k: starts_with(k, 'llm.input_messages.'))) > 0)) AS has_prompt
    FROM work_facts AS f
    JOIN work_spans AS w USING (span)
    WHERE f.span_class = 'llm' AND f.step IS NOT NULL
    GROUP BY f.step
),

asked AS (
    SELECT span AS step, bool_or(name IN ('gen_ai.user.message', 'gen_ai.system.message') OR input_messages IS NOT NULL) AS has_event,
           arg_min(coalesce(content, input_messages), place) FILTER (WHERE name = 'gen_ai.user.message' OR input_messages IS NOT NULL) AS text
    FROM work_events
    GROUP BY span
)

SELECT s.step,
       coalesce(w.input, c.cell) AS cell,
       coalesce(in_full(w.input, x.text), e.text) AS text,
       coalesce(w.input IS NOT NULL OR c.has_prompt OR e.has_event, FALSE) AS has_input
FROM work_steps AS s
JOIN work_spans AS w ON w.span = s.step
LEFT JOIN work_texts AS x ON x.cell = w.input
LEFT JOIN first_calls AS c USING (step)
LEFT JOIN asked AS e USING (step)
