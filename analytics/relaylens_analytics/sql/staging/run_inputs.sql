-- What each run was asked, as a person reads it: of its root, else of its first step.
WITH asked AS (
    SELECT r.run,
           arg_min({'text': coalesce(w.input_text, i.text), 'cell': coalesce(w.input, i.cell)}, (w.parent_span_id IS NOT NULL, w.t0)) AS first
    FROM work_spans AS w
    JOIN work_runs AS r USING (trace)
    LEFT JOIN step_inputs AS i ON i.step = w.span
    WHERE (w.parent_span_id IS NULL OR i.step IS NOT NULL) AND coalesce(w.input_text, i.text, w.input, i.cell) IS NOT NULL
    GROUP BY r.run
)

SELECT run, ltrim(left(plain_text(text), 500), chr(1)) AS input_preview
FROM (SELECT run, coalesce(first.text, text_of(first.cell)) AS text FROM asked)
