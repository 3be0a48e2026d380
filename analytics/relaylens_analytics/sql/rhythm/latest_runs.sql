-- The latest runs of a deployment that ended in order, with the last turn of each agent in them.
-- $service: the deployment. $most: at most so many.
SELECT run, epoch_us(min(started_at)) * 1000 AS began, map_from_entries(list((agent, step))) AS turns
FROM (
    SELECT s.run, s.agent, min(s.started_at) AS started_at, arg_max(s.step, (s.started_at, s.step)) AS step
    FROM steps AS s
    JOIN runs AS r USING (run, conversation)
    WHERE s.service_name IS NOT DISTINCT FROM $service AND r.outcome IN ('completed', 'escalated')
    GROUP BY s.run, s.agent
)
GROUP BY run
HAVING bool_and(started_at IS NOT NULL)
ORDER BY began DESC, run DESC
LIMIT $most
