-- What was said in the runs in which that is compared: what each turn was given, said, asked of its tools, got from them and sent on,
-- with the values in it, in order of time.
-- needs: compared_runs
WITH turns AS (
    SELECT s.step, s.run, s.agent, s.parent_step, s.t0, s.t1
    FROM work_steps AS s
    SEMI JOIN compared_runs USING (run)
),

given AS (
    SELECT t.step, i.cell, coalesce(i.text, CASE WHEN i.cell[1] <> chr(1) THEN i.cell END) AS text
    FROM turns AS t
    JOIN step_inputs AS i USING (step)
),

-- prompts that are not among the texts at work
places AS (
    SELECT step, TRY_CAST(unnest(places) AS BIGINT) AS text_id, generate_subscripts(places, 1) AS place
    FROM (SELECT step, string_split(cell[2:], ',') AS places FROM given WHERE text IS NULL AND cell[1] = chr(1))
),

prompts AS (
    SELECT p.step, string_agg(t.text, '' ORDER BY p.place) AS text
    FROM places AS p
    JOIN texts AS t USING (text_id)
    GROUP BY p.step
),

talk AS NOT MATERIALIZED (
    SELECT t.run, t.step, t.agent, 'given' AS kind, t.t0 AS t, coalesce(g.text, p.text) AS text
    FROM turns AS t
    JOIN given AS g USING (step)
    LEFT JOIN prompts AS p USING (step)
    UNION ALL
    SELECT t.run, t.step, t.agent, 'given', t.t0, e.received
    FROM handoff_edges AS e
    JOIN turns AS t ON t.step = e.to_step
    UNION ALL
    SELECT t.run, t.step, t.agent, 'sent', e.t0, e.sent
    FROM handoff_edges AS e
    JOIN turns AS t ON t.step = e.from_step
    UNION ALL
    SELECT t.run, t.step, t.agent, 'said', r.t1, r.text
    FROM reply_texts AS r
    JOIN turns AS t USING (step)
    WHERE NOT r.is_blank
    UNION ALL
    SELECT t.run, t.step, t.agent, 'said', t.t1, o.text
    FROM turns AS t
    JOIN step_outputs AS o USING (step)
    ANTI JOIN (SELECT step FROM reply_texts WHERE NOT is_blank) AS r USING (step)
    UNION ALL
    -- what a called agent answers, its caller knows
    SELECT t.run, t.parent_step, c.agent, 'fetched', t.t1, o.text
    FROM turns AS t
    JOIN turns AS c ON c.step = t.parent_step
    JOIN step_outputs AS o ON o.step = t.step
    UNION ALL
    SELECT t.run, t.step, t.agent, k.kind, CASE WHEN k.kind = 'called' THEN w.t0 ELSE w.t1 END, CASE WHEN k.kind = 'called' THEN w.arguments ELSE w.result END
    FROM work_tools AS w
    JOIN work_facts AS f USING (span)
    JOIN turns AS t ON t.step = f.step
    CROSS JOIN (VALUES ('called'), ('fetched')) AS k (kind)
    UNION ALL
    SELECT t.run, t.step, t.agent, 'called', c.t1, c.call_arguments
    FROM unshown_calls AS c
    JOIN work_facts AS f USING (span)
    JOIN turns AS t ON t.step = f.step
    UNION ALL
    SELECT r.run, NULL, NULL, 'given', w.t0, in_full(w.input, x.text)
    FROM work_spans AS w
    JOIN work_runs AS r USING (trace)
    LEFT JOIN work_texts AS x ON x.cell = w.input
    SEMI JOIN turns USING (run)
    ANTI JOIN turns AS t ON t.step = w.span
    WHERE w.parent_span_id IS NULL
),

-- of a very long text its beginning and its end; read twice, since holding all texts meanwhile costs more
spoken AS NOT MATERIALIZED (
    SELECT run, step, agent, kind, t,
           spoken_text(CASE WHEN strlen(text) > 40000 THEN left(text, 20000) || ' ¦ ' || right(text, 20000) ELSE text END) AS text
    FROM talk
    WHERE text IS NOT NULL AND NOT is_blank(text)
),

-- some frameworks write the whole turn as what it was given: that ends where the first of its own results stands in it
own AS (
    SELECT step, list(DISTINCT left(text, 40)) AS beginnings
    FROM spoken
    WHERE kind IN ('fetched', 'said') AND len(text) >= 12
    GROUP BY step
),

cut AS (
    SELECT s.* REPLACE (
        CASE WHEN s.kind = 'given' AND o.step IS NOT NULL
             THEN left(s.text, coalesce(list_min(list_filter(list_transform(o.beginnings, lambda b: strpos(s.text, b)), lambda p: p > 1)) - 1, len(s.text)))
             ELSE s.text END AS text
    )
    FROM spoken AS s
    LEFT JOIN own AS o USING (step)
)

SELECT run, step, agent, kind, t, text, handed_values(text) AS handed
FROM cut
