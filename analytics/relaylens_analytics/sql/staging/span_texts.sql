-- The long texts of the spans at work, in full.
-- needs: work_texts
WITH fields AS (
    SELECT w.span, unnest(list_filter([
        {'field': 1, 'cell': s.name},
        {'field': 2, 'cell': s.status_message},
        {'field': 4, 'cell': s.output},
        {'field': 8, 'cell': s.tool_arguments},
        {'field': 16, 'cell': s.tool_result},
        {'field': 32, 'cell': s.metadata},
        {'field': 64, 'cell': CASE WHEN s.operation IS DISTINCT FROM 'chat' AND s.instrumentation_kind IS DISTINCT FROM 'LLM' THEN s.input END}
    ], lambda f: f.cell[1] = chr(1)), recursive := TRUE)
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    WHERE s.batch >= getvariable('first_batch')
)

SELECT f.span,
       any_value(t.text) FILTER (WHERE f.field = 1) AS name,
       any_value(t.text) FILTER (WHERE f.field = 2) AS status_message,
       any_value(t.text) FILTER (WHERE f.field = 4) AS output,
       any_value(t.text) FILTER (WHERE f.field = 8) AS tool_arguments,
       any_value(t.text) FILTER (WHERE f.field = 16) AS tool_result,
       any_value(t.text) FILTER (WHERE f.field = 32) AS metadata,
       any_value(t.text) FILTER (WHERE f.field = 64) AS input
FROM fields AS f
JOIN work_texts AS t USING (cell)
GROUP BY f.span
