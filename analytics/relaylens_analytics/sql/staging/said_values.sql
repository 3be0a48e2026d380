-- Numbers and identifiers that an answer states or a call is given, without those that a tool of the run has answered before.
-- needs: detector ungrounded_answer | detector ungrounded_argument
-- needs: reply_texts
WITH answers AS (
    SELECT run, step, arg_max(span, (t1, span)) AS span FROM reply_texts
    WHERE span_class = 'llm' AND NOT is_blank AND calls = 0 AND run IS NOT NULL
    GROUP BY run, step
),

stated AS (
    SELECT r.span, r.run, r.t0, TRUE AS is_answer, left(r.text, 4000) AS text
    FROM answers
    JOIN reply_texts AS r USING (span)
    -- most texts have no figures, and to look for a pattern in them takes much longer than to see that
    WHERE may_hold_values(r.text)
    UNION ALL
    SELECT span, run, t0, FALSE, left(arguments, 4000)
    FROM called_tools
    WHERE may_hold_values(arguments)
),

-- three digits at least, or a fraction: smaller numbers are counted and reckoned everywhere
given AS (
    SELECT DISTINCT span, run, t0, is_answer,
           unnest(regexp_extract_all(text, '[A-Za-z_#-]*\d[A-Za-z0-9_,-]*\d[A-Za-z0-9_,-]*(?:\.\d+)?')) AS value
    FROM stated
),

known AS (
    SELECT run, min(t1) AS t1, value
    FROM (
        SELECT c.run, c.t1, unnest(regexp_extract_all(left(c.result, 20000), '[A-Za-z_#-]*\d[A-Za-z0-9_,-]*\d[A-Za-z0-9_,-]*(?:\.\d+)?')) AS value
        FROM called_tools AS c
        WHERE c.run IN (SELECT run FROM given) AND may_hold_values(c.result)
    )
    GROUP BY run, value
)

SELECT g.span, g.run, g.t0, g.is_answer, g.value
FROM given AS g
LEFT JOIN known AS k ON k.run = g.run AND k.value = g.value AND k.t1 <= g.t0
WHERE k.value IS NULL AND length(regexp_replace(g.value, '\D', '', 'g')) >= 3 AND NOT regexp_matches(g.value, '^(19|20)\d\d(-\d\d)*$')
