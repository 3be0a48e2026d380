-- Tool calls that an agent made often with the same arguments and the same result, with no news in between, by the first of them.
-- needs: detector loop
-- needs: frequent_contents
WITH known AS (
    SELECT *, hash(result) AS answer,
           -- news: an answer that the run has not had before, or that says to ask again
           row_number() OVER (PARTITION BY run, call, hash(result) ORDER BY t0, span) = 1 OR is_still_going_on(result) AS is_news
    FROM called_tools
    WHERE run IN (SELECT run FROM called_tools WHERE hash(arguments, result) IN (SELECT content FROM frequent_contents))
      AND arguments IS NOT NULL AND result IS NOT NULL
),

again AS (
    SELECT *, count(*) FILTER (WHERE is_news) OVER (PARTITION BY run ORDER BY t0, span) AS news,
           lead(answer) OVER (PARTITION BY run, agent, call ORDER BY t0, span) AS next_answer,
           t0 - lag(t0) OVER (PARTITION BY run, agent, call ORDER BY t0, span) AS waited
    FROM known
),

placed AS (
    SELECT *, waited < 1.5 * lag(waited) OVER (PARTITION BY run, agent, call ORDER BY t0, span) AS is_impatient
    FROM again
),

repeated AS (
    SELECT run, agent, tool_key, arguments, result, count(*) AS times, arg_min(span, (t0, span)) AS span,
           list(span ORDER BY t0, span) AS spans, min(t0) AS t0
    FROM placed
    WHERE NOT is_still_going_on(result) AND span NOT IN (SELECT unnest(spans) FROM called_rounds)
    GROUP BY run, agent, tool_key, arguments, result, news
    HAVING count(*) >= getvariable('loop_least_times')
       -- a failing call made again after ever longer waits is a retry with back-off
       AND NOT (bool_and(failed) AND NOT coalesce(bool_or(is_impatient), FALSE))
       -- what was asked for came in the end: the calls before waited for it
       AND NOT coalesce(arg_max(next_answer, (t0, span)) <> any_value(answer), FALSE)
),

members AS (
    SELECT m.span, list(w.trace_id || ':' || w.span_id ORDER BY m.place) AS span_ids
    FROM (SELECT span, unnest(spans) AS member, generate_subscripts(spans, 1) AS place FROM repeated) AS m
    JOIN work_spans AS w ON w.span = m.member
    GROUP BY m.span
)

SELECT r.* EXCLUDE (spans), m.span_ids
FROM repeated AS r
JOIN members AS m USING (span)
