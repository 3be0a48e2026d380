-- Which stored rows are the spans at work, numbered by trace and span: of several versions of one span, the most complete.
WITH stored AS (
    SELECT s.rowid AS row_id, t.trace, s.span_id
    FROM spans AS s
    JOIN work_traces AS t USING (trace_id)
    WHERE s.batch >= getvariable('first_batch')
),

repeated AS (
    SELECT trace, span_id FROM stored GROUP BY trace, span_id HAVING count(*) > 1
),

most_complete AS (
    SELECT v.row_id, v.trace, v.span_id
    FROM spans AS s
    JOIN (SELECT * FROM stored SEMI JOIN repeated USING (trace, span_id)) AS v ON v.row_id = s.rowid
    WHERE s.batch >= getvariable('first_batch')
    QUALIFY row_number() OVER (
        PARTITION BY v.trace, v.span_id
        ORDER BY s.end_time_unix_nano DESC, cardinality(s.attributes) DESC, s.start_time_unix_nano DESC, hash(s.attributes)
    ) = 1
)

SELECT row_number() OVER (ORDER BY trace, span_id)::INTEGER AS span, trace, span_id, row_id
FROM (
    SELECT row_id, trace, span_id FROM stored ANTI JOIN repeated USING (trace, span_id)
    UNION ALL
    SELECT row_id, trace, span_id FROM most_complete
)
