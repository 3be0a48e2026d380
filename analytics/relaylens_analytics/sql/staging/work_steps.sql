-- The steps: one row per turn of an agent, in order of time.
CREATE OR REPLACE TEMP TABLE work_steps AS
WITH opened AS (
    SELECT trace_id, step_span AS span_id, agent, agent_rule, parent_step_span
    FROM work_steps_of
    WHERE step_span = span_id AND agent IS NOT NULL
    UNION ALL
    SELECT o.trace_id, o.step_below, o.agent_below, 'delegating_tool', o.parent_below
    FROM work_steps_of AS o
    JOIN delegated_steps AS v USING (trace_id, span_id)
)

SELECT o.trace_id, o.span_id, o.agent, o.agent_rule, o.parent_step_span,
       w.t0, w.t1, w.started_at, w.ended_at, w.service_name, r.run,
       row_number() OVER (PARTITION BY r.run ORDER BY w.t0, w.t1 DESC, o.trace_id, o.span_id) AS position
FROM opened AS o
JOIN work_spans AS w USING (trace_id, span_id)
LEFT JOIN work_runs AS r USING (trace_id);
