-- What each run answered, as a person reads it: what its outermost span gave back, else what its last step said.
WITH answers AS (
    SELECT s.run, arg_max(o.text, (s.t1, s.position)) AS text
    FROM work_steps AS s
    JOIN step_outputs AS o USING (step)
    WHERE o.text IS NOT NULL AND NOT is_blank(o.text)
    GROUP BY s.run
),

given_back AS (
    SELECT run, arg_max(text, (t1, span)) AS text
    FROM (
        SELECT r.run, w.span, w.t1, in_full(w.output, x.text) AS text
        FROM work_spans AS w
        JOIN work_runs AS r USING (trace)
        JOIN work_classes AS k USING (span)
        LEFT JOIN work_texts AS x ON x.cell = w.output
        WHERE w.parent_span_id IS NULL AND k.span_class = 'workflow' AND w.output IS NOT NULL
    )
    WHERE text IS NOT NULL AND NOT is_blank(plain_text(text))
    GROUP BY run
)

SELECT run, ltrim(left(plain_text(coalesce(g.text, a.text)), 500), chr(1)) AS output_preview
FROM answers AS a
FULL JOIN given_back AS g USING (run)
