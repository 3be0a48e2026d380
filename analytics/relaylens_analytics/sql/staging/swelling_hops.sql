-- The handoffs of runs in which two targets, one after the other, were given ever more, and more than their sources had.
-- needs: sized_hops
WITH swelling AS (
    SELECT *
    FROM sized_hops
    -- where control goes on with all that was said, the target has what the source had; who is called gets what the caller chooses
    WHERE is_called OR tokens IS NULL OR had IS NULL OR first_tokens > 1.2 * had
)

SELECT s.*
FROM swelling AS s
WHERE s.run IN (
    SELECT a.run
    FROM swelling AS a
    JOIN swelling AS b ON b.run = a.run AND b.to_t0 >= a.to_t1
    WHERE b.tokens > 1.2 * a.tokens AND b.tokens >= getvariable('context_growth_least_tokens')
       -- prompts hold all that was said before and grow by themselves: their past, which takes long to measure, is asked for less often
       OR b.letters > CASE WHEN b.is_prompt THEN 2 ELSE 1.2 END * a.letters AND b.letters >= 4 * getvariable('context_growth_least_tokens')
)
