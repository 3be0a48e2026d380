-- Why the last model call of each turn ended, and those that asked for a tool, as the span, its answer or an event beside it says.
-- needs: detector truncated_answer
-- needs: model_calls
WITH looked_at AS (
    SELECT arg_max(span, (t0, span)) AS span FROM model_calls GROUP BY run, step
    UNION
    SELECT span FROM reply_texts WHERE calls > 0
),

said AS (
    SELECT w.span, w.finish_reasons AS reason, NULL AS document
    FROM looked_at
    JOIN work_spans AS w USING (span)
    WHERE w.finish_reasons IS NOT NULL
    UNION ALL
    -- the answer itself is read only where the span does not say it
    SELECT span, NULL, concat(left(text, 100), ' ', right(text, 200))
    FROM (
        SELECT w.span, in_full(w.output, x.text) AS text
        FROM looked_at
        JOIN work_spans AS w USING (span)
        LEFT JOIN work_texts AS x ON x.cell = w.output
        WHERE w.finish_reasons IS NULL AND w.output IS NOT NULL
    )
    UNION ALL
    SELECT e.span, e.finish_reason, right(e.output_messages, 200)
    FROM looked_at
    JOIN work_events AS e USING (span)
    WHERE e.name = 'gen_ai.choice' OR e.output_messages IS NOT NULL
    UNION ALL
    SELECT g.span, NULL, right(g.output_messages, 200)
    FROM looked_at
    JOIN work_logs AS g USING (span)
)

SELECT span, any_value(coalesce(reason, nullif(regexp_extract(document, '"finish_reason"\s*:\s*"(\w+)"', 1), ''))) AS reason
FROM said
WHERE reason IS NOT NULL OR contains(document, '"finish_reason"')
GROUP BY span
