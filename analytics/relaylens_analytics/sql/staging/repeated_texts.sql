-- What an agent's models said word for word again later in the same run, by the first time.
-- needs: detector repeated_message
-- needs: reply_texts
WITH said AS (
    SELECT r.span, r.run, r.step, r.agent, r.t0, r.t1, r.text, hash(lower(regexp_replace(trim(r.text), '\s+', ' ', 'g'))) AS words,
           max(r.t1) OVER (PARTITION BY r.run, r.agent, hash(r.text) ORDER BY r.t0, r.t1 DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ended
    FROM reply_texts AS r
    WHERE r.span_class = 'llm' AND r.calls = 0 AND NOT r.failed AND r.run IS NOT NULL
      AND length(r.text) >= getvariable('repeated_message_shortest_text') AND NOT contains(r.text, '?')
)

SELECT s.run, agent, arg_min(span, (t0, span)) AS span, count(*) AS times, arg_min(text, (t0, span)) AS text, max(t1) AS t1,
       list(span ORDER BY t0, span) AS spans
FROM said AS s
JOIN run_outcomes AS o USING (run)
-- a call within another is the same answer
WHERE o.outcome IN ('completed', 'escalated') AND (ended IS NULL OR t0 >= ended)
GROUP BY s.run, agent, words
HAVING count(*) >= getvariable('repeated_message_least_times')
