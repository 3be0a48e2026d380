-- The steps: one row per turn of an agent, in order of time; `step` is the number of the span that opens it.
-- needs: work_steps_of
WITH opened AS (
    SELECT step, agent, agent_rule, parent_step
    FROM work_steps_of
    WHERE step = span AND agent IS NOT NULL
    UNION ALL
    SELECT o.step_below, o.agent_below, 'delegating_tool', o.parent_below
    FROM work_steps_of AS o
    JOIN delegated_steps AS v USING (span)
)

SELECT o.step, w.trace, o.agent, o.agent_rule, o.parent_step,
       w.t0, w.t1, w.started_at, w.ended_at, w.service_name, r.run,
       row_number() OVER (PARTITION BY r.run ORDER BY w.t0, w.t1 DESC, o.step) AS position
FROM opened AS o
JOIN work_spans AS w ON w.span = o.step
LEFT JOIN work_runs AS r USING (trace)
