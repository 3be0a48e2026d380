-- The person asks for the same again in much the same words.
-- id: U2
-- layer: run
-- reads: content
-- on: no
-- parameter: least_share = 0.8, share of the words of two messages that are the same
-- parameter: most_between = 3, how many messages later it may come
-- exempt: messages of less than four words
-- needs: user_turns
WITH worded AS (
    SELECT *, row_number() OVER (PARTITION BY run, step ORDER BY t0, span, place) AS number,
           list_distinct(regexp_extract_all(lower(text), '[\p{L}\d]{3,}')) AS words
    FROM user_turns
)

SELECT 'user_repeats' AS detector, 'low' AS severity, a.run, arg_min(w.trace_id, b.number) AS trace_id, arg_min(w.span_id, b.number) AS span_id,
       list(DISTINCT w.trace_id || ':' || w.span_id) AS span_ids,
       a.agent, a.agent AS blamed_agent, 'inferred' AS certainty,
       'The person asked ' || coalesce(a.agent, 'the agent') || ' for the same again' AS message,
       left(arg_min(b.text, b.number), 501) AS evidence, max(b.t0) AS found_at
FROM worded AS a
JOIN worded AS b ON b.run = a.run AND b.step IS NOT DISTINCT FROM a.step AND b.number > a.number AND b.number <= a.number + getvariable('user_repeats_most_between')
JOIN work_spans AS w ON w.span = b.span
WHERE len(a.words) >= 4 AND len(b.words) >= 4
  AND len(list_intersect(a.words, b.words)) >= getvariable('user_repeats_least_share') * sqrt(len(a.words) * len(b.words))
GROUP BY a.run, a.step, a.agent
