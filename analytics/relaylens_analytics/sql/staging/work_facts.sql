-- The agent and step of every span: its own turn, or what its attributes or the time say where it lies under none.
WITH placed AS (
    SELECT w.span, w.trace, w.t0, w.graph_agent, w.lc_agent_name, w.agent_name, k.span_class,
           o.agent, o.agent_rule, o.step, r.run
    FROM work_spans AS w
    LEFT JOIN work_classes AS k USING (span)
    LEFT JOIN work_steps_of AS o USING (span)
    LEFT JOIN work_runs AS r ON r.trace = w.trace
)

SELECT s.span, s.trace, s.span_class, s.run,
       coalesce(s.agent, d.agent) AS agent,
       CASE WHEN s.agent IS NOT NULL THEN s.agent_rule ELSE d.agent_rule END AS agent_rule,
       coalesce(s.step, d.step) AS step
FROM placed AS s
LEFT JOIN strayed_spans AS d USING (span)
