-- Where in a long run does which agent act?
-- $run; $conversation: NULL where the run's id says enough; $slice: steps in a slice of the run.
SELECT
    (position - 1) // $slice::BIGINT AS slice,
    agent,
    min(position) AS first_position,
    max(position) AS last_position,
    min(started_at) AS started_at,
    count(*) AS steps,
    count(*) FILTER (WHERE outcome = 'failed') AS failed,
    sum(errors + soft_errors)::BIGINT AS errors
FROM steps
WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
GROUP BY ALL
ORDER BY slice, min(position), agent
