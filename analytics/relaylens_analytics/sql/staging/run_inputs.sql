-- What each run was asked, as a person reads it: of its root, else of its first step.
WITH candidates AS (
    SELECT r.run, w.span, (w.parent_span_id IS NOT NULL, w.t0) AS place
    FROM work_spans AS w
    JOIN work_runs AS r USING (trace)
    LEFT JOIN step_inputs AS i ON i.step = w.span
    WHERE (w.parent_span_id IS NULL OR i.step IS NOT NULL) AND coalesce(w.input, i.text, i.cell) IS NOT NULL
),

asked AS (
    SELECT c.run, coalesce(in_full(w.input, x.text), i.text) AS text, coalesce(w.input, i.cell) AS cell
    FROM (SELECT run, arg_min(span, place) AS span FROM candidates GROUP BY run) AS c
    JOIN work_spans AS w USING (span)
    LEFT JOIN work_texts AS x ON x.cell = w.input
    LEFT JOIN step_inputs AS i ON i.step = c.span
),

-- prompts that are not among the texts at work
places AS (
    SELECT run, TRY_CAST(unnest(places) AS BIGINT) AS text_id, generate_subscripts(places, 1) AS place, len(places) AS places
    FROM (SELECT run, string_split(cell[2:], ',') AS places FROM asked WHERE text IS NULL AND cell[1] = chr(1))
),

-- Of a list of messages the last is shown, and it is whole in the part before the closing bracket (mapping/chunks.py):
-- the conversation before it may be long, and is left where it is.
ends AS (
    SELECT p.run, any_value(t.text) FILTER (WHERE p.place = 1) AS opening,
           string_agg(t.text, '' ORDER BY p.place) FILTER (WHERE p.places < 4 OR p.place > p.places - 2) AS text, any_value(p.places) AS places
    FROM places AS p
    JOIN texts AS t USING (text_id)
    WHERE p.place = 1 OR p.places < 4 OR p.place > p.places - 2
    GROUP BY p.run
),

-- long prompts of another form, and those that end with the answer
others AS (
    SELECT p.run, string_agg(t.text, '' ORDER BY p.place) AS text
    FROM places AS p
    JOIN ends AS e USING (run)
    JOIN texts AS t USING (text_id)
    WHERE e.places >= 4 AND (trim(e.opening, e' \n\r\t') <> '[' OR is_answered('[' || e.text))
    GROUP BY p.run
),

prompts AS (
    SELECT e.run, coalesce(o.text, CASE WHEN e.places < 4 THEN '' ELSE '[' END || e.text) AS text
    FROM ends AS e
    LEFT JOIN others AS o USING (run)
),

known AS (
    SELECT a.run, coalesce(a.text, CASE WHEN a.cell[1] = chr(1) THEN p.text ELSE a.cell END) AS text
    FROM asked AS a
    LEFT JOIN prompts AS p USING (run)
)

-- where the answer stands at the list's end, the last that was said to the run before
SELECT run, ltrim(left(plain_text(CASE WHEN is_answered(text) THEN coalesce('[' || list_filter(json_extract(text, '$[*]'), lambda m:
           (m ->> '$.role') = 'user' AND coalesce(m ->> '$.parts[0].type', 'text') = 'text')[-1] || ']', text) ELSE text END), 500), chr(1)) AS input_preview
FROM known
