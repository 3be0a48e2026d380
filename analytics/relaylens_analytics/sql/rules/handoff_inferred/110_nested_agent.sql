-- An agent's turn inside another agent's turn: the outer one called it and gets control back.
SELECT s.step AS span, s.run, p.agent AS from_agent, s.agent AS to_agent, s.t0, s.t0 AS t1,
       'return_to_caller' AS mode, FALSE AS is_return, p.step AS from_step, s.step AS to_step
FROM explained_steps AS s
JOIN work_steps AS p ON p.step = s.parent_step
WHERE NOT s.is_stated AND p.agent <> s.agent
