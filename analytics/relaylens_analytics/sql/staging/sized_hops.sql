-- How much the target of each handoff was given: in tokens of a call of its model, in characters where those are not known, of its first prompt
-- where nothing else tells; and how much its source had.
-- needs: handoff_edges
-- needs: detector context_growth
WITH sizes AS (
    SELECT step, avg(input_tokens) AS tokens, arg_min(input_tokens, (t0, span)) AS first_tokens,
           max(input_tokens) + coalesce(arg_max(output_tokens, (t0, span)), 0) AS had
    FROM model_calls
    WHERE step IS NOT NULL AND input_tokens > 0
    GROUP BY step
),

-- where neither tokens nor what the step was given are known: the first prompt of its model, whose parts are stored once each
first_prompts AS (
    SELECT step, cell
    FROM step_inputs
    WHERE text IS NULL AND cell IS NOT NULL AND step IN (SELECT to_step FROM handoff_edges) AND step NOT IN (SELECT step FROM sizes)
),

prompts AS (
    SELECT p.step, sum(length(t.text)) AS letters
    FROM (SELECT step, TRY_CAST(unnest(string_split(cell[2:], ',')) AS BIGINT) AS text_id FROM first_prompts WHERE cell[1] = chr(1)) AS p
    JOIN texts AS t USING (text_id)
    GROUP BY p.step
    UNION ALL
    SELECT step, length(cell) FROM first_prompts WHERE cell[1] <> chr(1)
)

SELECT e.edge, e.run, e.service_name, e.from_agent, e.to_agent, e.from_step, e.to_step, e.t0, s.t0 AS to_t0, s.t1 AS to_t1, s.parent_step IS NOT NULL AS is_called,
       z.tokens, z.first_tokens, f.had, CASE WHEN z.tokens IS NULL THEN coalesce(e.letters, i.letters, p.letters) END AS letters,
       z.tokens IS NULL AND e.letters IS NULL AND i.letters IS NULL AS is_prompt
FROM (SELECT * EXCLUDE (sent, received), length(received) AS letters FROM handoff_edges) AS e
JOIN work_steps AS s ON s.step = e.to_step
LEFT JOIN sizes AS z ON z.step = e.to_step
LEFT JOIN sizes AS f ON f.step = e.from_step
LEFT JOIN (SELECT step, length(text) AS letters FROM step_inputs) AS i ON i.step = e.to_step
LEFT JOIN prompts AS p ON p.step = e.to_step
WHERE NOT e.is_return AND (z.tokens IS NOT NULL OR e.letters IS NOT NULL OR i.letters IS NOT NULL OR p.letters IS NOT NULL)
QUALIFY row_number() OVER (PARTITION BY e.to_step ORDER BY e.t0 DESC, e.edge) = 1
