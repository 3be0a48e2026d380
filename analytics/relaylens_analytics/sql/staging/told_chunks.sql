-- The messages of prompts that are not the model's own, each once for a run, with when it was first told: of runs in which something is asked of them.
-- needs: said_values | detector user_correction | detector user_repeats | detector unconfirmed_change | detector off_topic_call
WITH cells AS (
    SELECT f.run, f.step, w.span, w.t0, w.input AS cell
    FROM work_facts AS f
    JOIN work_spans AS w USING (span)
    WHERE f.span_class = 'llm' AND w.input IS NOT NULL AND f.run IS NOT NULL
      AND (f.run IN (SELECT run FROM said_values)
           OR list_has_any(getvariable('enabled'), ['user_correction', 'user_repeats', 'unconfirmed_change', 'off_topic_call']))
),

-- a prompt repeats the ones before it, in parts that are stored once
parts AS (
    SELECT run, step, text_id, min(t0) AS t0, arg_min(span, (t0, span)) AS span, arg_min(place, (t0, span, place)) AS place
    FROM (
        SELECT run, step, t0, span, TRY_CAST(unnest(places) AS BIGINT) AS text_id, generate_subscripts(places, 1) AS place
        FROM (SELECT *, string_split(cell[2:], ',') AS places FROM cells WHERE cell[1] = chr(1))
    )
    GROUP BY run, step, text_id
)

SELECT p.run, p.step, p.span, p.t0, p.place, t.text
FROM parts AS p
JOIN texts AS t USING (text_id)
WHERE length(t.text) > 4
  -- short messages are kept together with the next ones
  AND (NOT regexp_matches(left(t.text, 40), '^\s*\{"role":\s*"(assistant|model|ai)"') OR regexp_matches(t.text, '"role":\s*"(user|system|developer|tool)"'))
UNION ALL
SELECT run, step, span, t0, 0, cell
FROM cells
WHERE cell[1] <> chr(1)
