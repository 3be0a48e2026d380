-- What an agent's models said word for word again later in the same run, by the first time.
-- needs: detector repeated_message
-- needs: reply_texts
WITH often AS (
    SELECT run, agent FROM reply_texts WHERE calls = 0 AND run IS NOT NULL GROUP BY run, agent HAVING count(*) >= getvariable('repeated_message_least_times')
),

calls AS (
    SELECT r.span, r.run, r.step, r.agent, r.t0, r.t1, r.text
    FROM reply_texts AS r
    SEMI JOIN often AS o ON o.run = r.run AND o.agent IS NOT DISTINCT FROM r.agent
    WHERE span_class = 'llm' AND calls = 0 AND NOT failed AND run IS NOT NULL
      AND length(text) >= getvariable('repeated_message_shortest_text') AND NOT contains(text, '?')
),

-- what is the same in all its words begins with the same ones: only what does is read as a whole
begun AS (
    SELECT span, run, step, agent, t0, t1,
           lead(t0) OVER (PARTITION BY run, step ORDER BY t0, t1 DESC, span) AS next_t0,
           count(*) OVER (PARTITION BY run, agent, beginning) AS times
    FROM (SELECT * EXCLUDE text, hash(lower(regexp_replace(regexp_extract(left(text, 1000), '\S{1,30}(?:\s+\S{1,30}){0,2}'), '\s+', ' ', 'g'))) AS beginning FROM calls)
),

said AS (
    SELECT b.span, b.run, b.step, b.agent, b.t0, b.t1, b.next_t0, r.text,
           hash(lower(regexp_replace(trim(r.text), '\s+', ' ', 'g'))) AS words,
           max(b.t1) OVER (PARTITION BY b.run, b.agent, hash(r.text) ORDER BY b.t0, b.t1 DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ended
    FROM begun AS b
    JOIN reply_texts AS r USING (span)
    WHERE b.times >= getvariable('repeated_message_least_times')
),

again AS (
    SELECT *
    FROM said
    -- a call within another is the same answer
    WHERE ended IS NULL OR t0 >= ended
    QUALIFY count(*) OVER (PARTITION BY run, agent, words) >= getvariable('repeated_message_least_times')
),

-- what goes with a call of a tool that the answer does not show
accompanying AS (
    SELECT DISTINCT a.span
    FROM again AS a
    JOIN work_facts AS f ON f.run = a.run AND f.step IS NOT DISTINCT FROM a.step AND f.span_class IN ('tool', 'handoff', 'human')
    JOIN work_spans AS w ON w.span = f.span AND w.t0 >= a.t1 AND (a.next_t0 IS NULL OR w.t0 <= a.next_t0)
)

SELECT a.run, a.agent, arg_min(a.span, (a.t0, a.span)) AS span, count(*) AS times, arg_min(a.text, (a.t0, a.span)) AS text, max(a.t1) AS t1,
       list(a.span ORDER BY a.t0, a.span) AS spans
FROM again AS a
JOIN run_outcomes AS o USING (run)
WHERE o.outcome IN ('completed', 'escalated') AND a.span NOT IN (SELECT span FROM accompanying)
GROUP BY a.run, a.agent, a.words
HAVING count(*) >= getvariable('repeated_message_least_times')
