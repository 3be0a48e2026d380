-- Another agent's turn begins after the last one ended: control passed between them, or came back to whoever had delegated.
SELECT s.trace_id, s.span_id, s.run, p.agent AS from_agent, s.agent AS to_agent, p.t1 AS t0, s.t0 AS t1,
       'pass_control' AS mode, coalesce(p.stated_from = s.agent, FALSE) AS is_return,
       p.trace_id AS from_trace, p.span_id AS from_step_span, s.trace_id AS to_trace, s.span_id AS to_span
FROM explained_steps AS s
ASOF JOIN (SELECT * FROM explained_steps WHERE parent_step_span IS NULL AND NOT is_idle) AS p ON p.run = s.run AND p.t1 <= s.t0
WHERE NOT s.is_stated AND NOT s.is_idle AND s.parent_step_span IS NULL AND p.agent <> s.agent
