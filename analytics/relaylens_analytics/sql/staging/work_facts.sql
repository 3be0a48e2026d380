-- The agent and step of every span: its own turn, or what its attributes or the time say where it lies under none.
SELECT w.span, w.trace, k.span_class, r.run,
       coalesce(o.agent, d.agent) AS agent,
       CASE WHEN o.agent IS NOT NULL THEN o.agent_rule ELSE d.agent_rule END AS agent_rule,
       coalesce(o.step, d.step) AS step
FROM work_spans AS w
LEFT JOIN work_classes AS k USING (span)
LEFT JOIN work_steps_of AS o USING (span)
LEFT JOIN work_runs AS r ON r.trace = w.trace
LEFT JOIN placed_spans AS d ON d.span = w.span
