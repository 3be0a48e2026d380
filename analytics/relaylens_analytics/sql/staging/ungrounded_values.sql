-- Of these the ones that stand neither in the prompt nor, in another spelling, in a result of the run.
-- needs: said_values
WITH cells AS (
    SELECT DISTINCT v.prompt AS span, w.input AS cell
    FROM said_values AS v
    JOIN work_spans AS w ON w.span = v.prompt
    WHERE w.input IS NOT NULL
),

parts AS (
    SELECT span, TRY_CAST(unnest(places) AS BIGINT) AS text_id, generate_subscripts(places, 1) AS place
    FROM (SELECT span, string_split(cell[2:], ',') AS places FROM cells WHERE cell[1] = chr(1))
),

prompts AS (
    SELECT span, cell AS text FROM cells WHERE cell[1] <> chr(1)
    UNION ALL
    SELECT p.span, string_agg(t.text, '' ORDER BY p.place) FROM parts AS p JOIN texts AS t USING (text_id) GROUP BY p.span
),

results AS (
    SELECT run, string_agg(left(result, 20000), ' ') AS text FROM called_tools WHERE run IN (SELECT run FROM said_values) GROUP BY run
)

SELECT v.span, v.run, v.is_answer, list_sort(list(v.value)) AS values
FROM said_values AS v
JOIN prompts AS p ON p.span = v.prompt
LEFT JOIN results AS r USING (run)
WHERE NOT contains(p.text, v.value) AND NOT contains(replace(p.text, ',', ''), replace(v.value, ',', ''))
  AND NOT (v.is_answer AND contains(replace(coalesce(r.text, ''), ',', ''), replace(v.value, ',', '')))
GROUP BY v.span, v.run, v.is_answer
