-- What an agent's models said word for word again later in the same run, by the first time.
-- needs: detector repeated_message
-- needs: reply_texts
WITH said AS (
    SELECT r.span, r.run, r.step, r.agent, r.t0, r.t1, r.text, hash(lower(regexp_replace(trim(r.text), '\s+', ' ', 'g'))) AS words,
           max(r.t1) OVER (PARTITION BY r.run, r.agent, hash(r.text) ORDER BY r.t0, r.t1 DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ended,
           lead(r.t0) OVER (PARTITION BY r.run, r.step ORDER BY r.t0, r.t1 DESC, r.span) AS next_t0
    FROM reply_texts AS r
    WHERE r.span_class = 'llm' AND r.calls = 0 AND NOT r.failed AND r.run IS NOT NULL
      AND length(r.text) >= getvariable('repeated_message_shortest_text') AND NOT contains(r.text, '?')
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
