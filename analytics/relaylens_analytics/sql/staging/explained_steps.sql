-- Steps with how work reached them so far: by a stated handoff, by a person's answer to the agent, or not yet known; and who last
-- handed work to the agent.
-- needs: work_steps
WITH offers AS (
    SELECT to_step AS step, arg_max(from_agent, (t0, span)) AS from_agent FROM handoff_attempts WHERE to_step IS NOT NULL GROUP BY to_step
)

SELECT s.*, i.step IS NOT NULL AS is_idle, o.step IS NOT NULL OR c.step IS NOT NULL AS is_stated,
       last_value(o.from_agent IGNORE NULLS) OVER (PARTITION BY s.run, s.agent ORDER BY s.t0, s.t1, s.step) AS stated_from
FROM work_steps AS s
LEFT JOIN offers AS o USING (step)
LEFT JOIN continued_steps AS c USING (step)
LEFT JOIN idle_steps AS i USING (step)
