-- What the runs at work did, one row an act in order: turns of agents, answers in words, calls of tools; each with its size and form.
WITH acts AS (
    SELECT f.run, t.span, t.t0, 1 AS place, 'tool' AS kind, t.tool_key AS name, f.agent, t.arguments, t.result AS text,
           e.span IS NOT NULL AS is_error, NULL AS input_tokens, NULL AS output_tokens
    FROM work_tools AS t
    JOIN work_facts AS f USING (span)
    LEFT JOIN span_errors AS e USING (span)
    UNION ALL
    -- tools of which only the model's request is known
    SELECT f.run, c.span, c.t0, 2, 'tool', c.tool_key, f.agent, c.call_arguments, NULL, FALSE, NULL, NULL
    FROM work_calls AS c
    JOIN work_facts AS f USING (span)
    WHERE NOT c.has_tool_span
    UNION ALL
    SELECT m.run, m.span, m.t0, 1, 'answer', NULL, m.agent, NULL, coalesce(r.text, ''), e.span IS NOT NULL, m.input_tokens, m.output_tokens
    FROM model_calls AS m
    LEFT JOIN reply_texts AS r USING (span)
    LEFT JOIN span_errors AS e USING (span)
    UNION ALL
    -- agents whose model calls have no spans
    SELECT s.run, s.step, s.t1, 1, 'answer', NULL, s.agent, NULL, o.text, FALSE, NULL, NULL
    FROM work_steps AS s
    JOIN step_outputs AS o USING (step)
    ANTI JOIN model_calls USING (step)
    WHERE o.has_output
    UNION ALL
    SELECT run, step, t0, -1, 'turn', agent, agent, NULL, NULL, FALSE, NULL, NULL
    FROM work_steps
    WHERE position > 1
),

-- texts end here: putting acts in order copies what they carry
sized AS (
    SELECT run, span, t0, place, kind, name, agent, length(arguments) AS arguments_length, hash(arguments) AS arguments_hash,
           length(text) AS length, hash(text) AS text_hash, is_error, input_tokens, output_tokens,
           -- words become a and figures 9: the form of a text without what is in it
           CASE WHEN kind = 'tool' THEN left(regexp_replace(regexp_replace(
               left(text, 200), '[0-9]*[A-Za-z_][A-Za-z_0-9]*', 'a', 'g'), '[0-9]+', '9', 'g'), 60) END AS form,
           CASE WHEN kind = 'tool' THEN left(regexp_replace(regexp_replace(
               left(arguments, 300), '[0-9]*[A-Za-z_][A-Za-z_0-9]*', 'a', 'g'), '[0-9]+', '9', 'g'), 100) END AS arguments_form,
           -- what a short result says as a number, of which fifteen figures are enough
           CASE WHEN kind = 'tool' AND length(text) <= 60
                THEN abs(TRY_CAST(replace(regexp_extract(text, '\d[\d,]{0,14}(\.\d+)?'), ',', '') AS DOUBLE)) END AS number
    FROM acts
    WHERE run IS NOT NULL
)

SELECT * EXCLUDE (t0, place), row_number() OVER (PARTITION BY run ORDER BY t0, place, span, name) AS position
FROM sized
