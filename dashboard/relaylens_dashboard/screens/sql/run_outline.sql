-- Where in a long run does which agent act?
-- $run; $conversation: NULL where the run's id says enough; $slice: steps in a slice of the run.
WITH grave AS (
    SELECT step, count(*) AS findings
    FROM findings
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation) AND severity = 'high'
    GROUP BY step
)
SELECT
    (position - 1) // $slice::BIGINT AS slice,
    agent,
    min(position) AS first_position,
    max(position) AS last_position,
    min(started_at) AS started_at,
    count(*) AS steps,
    count(*) FILTER (WHERE outcome = 'failed') AS failed,
    sum(errors + soft_errors)::BIGINT AS errors,
    coalesce(sum(grave.findings), 0)::BIGINT AS grave_findings
FROM steps
LEFT JOIN grave USING (step)
WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
GROUP BY ALL
ORDER BY slice, min(position), agent
