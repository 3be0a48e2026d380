-- How often work went over each edge in some runs of a deployment, and how long it took until the target began and until it was done.
-- $service: the deployment. $runs: the runs. $most: at most so many edges, those of most runs.
WITH handed AS (
    SELECT h.run, h.conversation, h.from_agent, h.to_agent, count(*) AS times, avg(h.wait_ms) AS wait_ms,
           avg(coalesce(epoch_us(h.closed_at) - epoch_us(h.offered_at), s.duration_ms * 1000)) / 1000 AS took_ms
    FROM (
        SELECT * FROM handoffs
        WHERE service_name IS NOT DISTINCT FROM $service AND run IN (SELECT unnest($runs::VARCHAR[])) AND NOT is_return AND to_agent IS NOT NULL
    ) AS h
    LEFT JOIN steps AS s ON s.step = h.to_step
    GROUP BY ALL
)

SELECT run, conversation, from_agent, to_agent, times, wait_ms, took_ms
FROM handed
SEMI JOIN (SELECT from_agent, to_agent FROM handed GROUP BY ALL ORDER BY count(*) DESC, from_agent, to_agent LIMIT $most) AS frequent USING (from_agent, to_agent)
ORDER BY ALL
