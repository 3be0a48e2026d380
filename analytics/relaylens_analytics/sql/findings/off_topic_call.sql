-- A tool was called with words that nobody has said: neither the person nor an earlier result has one of them.
-- id: D2
-- layer: run
-- reads: content
-- on: no
-- parameter: least_words = 2, words of the arguments without which nothing is said
-- needs: user_turns
-- needs: called_tools
WITH given AS (
    SELECT c.span, c.run, c.agent, c.tool_key, c.arguments, c.t0,
           list_distinct(regexp_extract_all(lower(array_to_string(regexp_extract_all(c.arguments, ':\s*"([^"]*)"', 1), ' ')), '\p{L}{4,}')) AS words
    FROM called_tools AS c
    WHERE c.arguments IS NOT NULL AND c.run IN (SELECT run FROM user_turns)
),

said AS (
    SELECT DISTINCT run, 0 AS t1, unnest(regexp_extract_all(lower(text), '\p{L}{4,}')) AS word FROM user_turns
    UNION ALL
    SELECT run, min(t1), word
    FROM (SELECT run, t1, unnest(regexp_extract_all(lower(left(result, 20000)), '\p{L}{4,}')) AS word FROM called_tools)
    GROUP BY run, word
)

SELECT 'off_topic_call' AS detector, 'low' AS severity, g.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       g.agent, g.agent AS blamed_agent, 'inferred' AS certainty,
       'The tool ' || g.tool_key || ' was called about something that nobody has spoken of' AS message, left(g.arguments, 501) AS evidence, g.t0 AS found_at
FROM given AS g
JOIN work_spans AS w USING (span)
WHERE len(g.words) >= getvariable('off_topic_call_least_words')
  AND NOT EXISTS (SELECT 1 FROM (SELECT span, unnest(words) AS word FROM given) AS v JOIN said AS s ON s.word = v.word
                  WHERE v.span = g.span AND s.run = g.run AND s.t1 <= g.t0)
