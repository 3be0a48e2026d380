-- The runs at work with the last turn of each agent in them; without any where the run goes on or failed, and so may lack agents.
SELECT s.service_name, s.run, min(s.t0) AS began,
       CASE WHEN any_value(o.outcome) IN ('completed', 'escalated') THEN map_from_entries(list(DISTINCT (s.agent, s.step))) END AS turns
FROM (
    SELECT s.service_name, s.run, s.agent, min(s.t0) AS t0, arg_max(w.trace_id || ':' || w.span_id, (s.t0, s.step)) AS step
    FROM work_steps AS s
    JOIN work_spans AS w ON w.span = s.step
    GROUP BY s.service_name, s.run, s.agent
) AS s
LEFT JOIN run_outcomes AS o USING (run)
GROUP BY s.service_name, s.run
