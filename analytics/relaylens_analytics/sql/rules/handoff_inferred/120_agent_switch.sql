-- Another agent's turn begins after the last one ended: control passed between them, or came back to whoever had delegated.
SELECT s.step AS span, s.run, p.agent AS from_agent, s.agent AS to_agent, p.t1 AS t0, s.t0 AS t1,
       'pass_control' AS mode, coalesce(p.stated_from = s.agent, FALSE) AS is_return, p.step AS from_step, s.step AS to_step
FROM explained_steps AS s
ASOF JOIN (
    SELECT *, CASE WHEN t1 - t0 > clock_slack() THEN t1 - clock_slack() ELSE t1 END AS ended
    FROM explained_steps
    WHERE parent_step IS NULL AND NOT is_idle
) AS p ON p.run = s.run AND p.ended <= s.t0
WHERE NOT s.is_stated AND NOT s.is_idle AND s.parent_step IS NULL AND p.agent <> s.agent
