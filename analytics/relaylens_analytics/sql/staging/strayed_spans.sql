-- The spans of work that lie under no agent.
SELECT w.span, w.trace, w.t0, w.graph_agent, w.lc_agent_name, w.agent_name, k.span_class
FROM work_classes AS k
ANTI JOIN (SELECT span FROM work_steps_of WHERE agent IS NOT NULL) AS o USING (span)
JOIN work_spans AS w USING (span)
WHERE k.span_class IN ('llm', 'tool', 'handoff', 'human', 'validation', 'feedback')
