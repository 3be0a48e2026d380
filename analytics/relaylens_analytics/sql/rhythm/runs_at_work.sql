-- The runs at work with the last turn of each agent in them, one row an agent, and whether the run may be looked at: one that goes on or
-- failed may lack agents for that reason. Rows of few columns, since a list for each run takes several times as long.
-- A run of which a turn has no time, for the wire said none that there is, has no place among the others.
SELECT s.service_name, s.run, s.t0, s.agent, w.trace_id || ':' || w.span_id AS step,
    coalesce(o.outcome IN ('completed', 'escalated'), FALSE) AND bool_and(s.t0 IS NOT NULL) OVER (PARTITION BY s.service_name, s.run) AS is_whole
FROM (
    SELECT service_name, run, agent, min(t0) AS t0, arg_max(step, (t0, step)) AS step
    FROM work_steps
    GROUP BY service_name, run, agent
) AS s
JOIN work_spans AS w ON w.span = s.step
LEFT JOIN run_outcomes AS o USING (run)
