-- The last model calls of turns, and those that asked for a tool, that ended at the model's limit of tokens, as the span, its answer or an
-- event beside it says.
-- needs: detector truncated_answer
-- needs: model_calls
WITH said AS (
    SELECT span, finish_reasons AS reason
    FROM work_spans
    WHERE finish_reasons IS NOT NULL
    UNION ALL
    -- the answer itself is read only where the span does not say it
    SELECT span, regexp_extract(concat(left(text, 100), ' ', right(text, 200)), '"finish_reason"\s*:\s*"(\w+)"', 1)
    FROM (
        SELECT w.span, in_full(w.output, x.text) AS text
        FROM work_spans AS w
        SEMI JOIN (SELECT span FROM model_calls UNION ALL SELECT span FROM reply_texts WHERE calls > 0) AS c USING (span)
        LEFT JOIN work_texts AS x ON x.cell = w.output
        WHERE w.finish_reasons IS NULL AND w.output IS NOT NULL
    )
    UNION ALL
    SELECT span, coalesce(finish_reason, regexp_extract(right(output_messages, 200), '"finish_reason"\s*:\s*"(\w+)"', 1))
    FROM work_events
    WHERE name = 'gen_ai.choice' OR output_messages IS NOT NULL
    UNION ALL
    SELECT span, regexp_extract(right(output_messages, 200), '"finish_reason"\s*:\s*"(\w+)"', 1)
    FROM work_logs
),

cut_off AS (
    SELECT DISTINCT span FROM said WHERE regexp_matches(reason, '(?i)\b(length|max_tokens|max_output_tokens|model_length)\b')
)

SELECT span
FROM cut_off
SEMI JOIN (
    SELECT span FROM reply_texts WHERE calls > 0
    UNION ALL
    SELECT arg_max(span, (t0, span))
    FROM model_calls
    -- of turns in which an answer was cut off
    WHERE coalesce(step, -1) IN (SELECT coalesce(f.step, -1) FROM work_facts AS f SEMI JOIN cut_off USING (span))
    GROUP BY run, step
) AS looked_at USING (span)
