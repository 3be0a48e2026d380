-- An agent's turn inside another agent's turn: the outer one called it and gets control back.
SELECT s.trace_id, s.span_id, s.run, p.agent AS from_agent, s.agent AS to_agent, s.t0, s.t0 AS t1,
       'return_to_caller' AS mode, FALSE AS is_return, p.trace_id AS from_trace, p.span_id AS from_step_span, s.trace_id AS to_trace, s.span_id AS to_span
FROM explained_steps AS s
JOIN work_steps AS p ON p.trace_id = s.trace_id AND p.span_id = s.parent_step_span
WHERE NOT s.is_stated AND p.agent <> s.agent
