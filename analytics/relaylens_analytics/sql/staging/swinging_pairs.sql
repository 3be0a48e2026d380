-- Of such pairs those that took turns far more often than in the runs before, where there are enough of these.
-- needs: paired_turns
WITH past AS (
    SELECT p.run, p.a, p.b, h.run AS past_run, count(*) AS times
    FROM paired_turns AS p
    JOIN (
        SELECT run, service_name, from_agent, to_agent, epoch_us(offered_at) * 1000 AS t0
        FROM handoffs
        WHERE from_agent IN (SELECT unnest([a, b]) FROM paired_turns) AND to_step IS NOT NULL AND conversation NOT IN (SELECT conversation FROM work_traces)
        UNION ALL
        SELECT run, service_name, from_agent, to_agent, t0 FROM handoff_edges WHERE to_step IS NOT NULL
    ) AS h ON h.service_name IS NOT DISTINCT FROM p.service_name AND least(h.from_agent, h.to_agent) = p.a AND greatest(h.from_agent, h.to_agent) = p.b
          AND h.t0 < p.t0 AND h.run <> p.run
    GROUP BY p.run, p.a, p.b, h.run
)

SELECT p.*, quantile_cont(q.times, 0.95) AS usual
FROM paired_turns AS p
JOIN past AS q USING (run, a, b)
GROUP BY ALL
HAVING count(*) >= getvariable('ping_pong_least_history') AND p.times > 2 * quantile_cont(q.times, 0.95)
