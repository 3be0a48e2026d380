-- A tool that bears the name of a known agent, or asks one.
-- needs: work_tools
-- needs: known_agents
WITH keyed AS (
    SELECT tool_key, agent_of_key(tool_key) AS named_agent, agent_of_key(asked_target) AS asked_agent
    FROM (SELECT DISTINCT tool_key, asked_target FROM work_tools)
)

SELECT t.span, NULL AS from_agent,
       coalesce(a.agent, b.agent) AS target,
       t.t0, t.t1, 'return_to_caller' AS mode, t.tool_call_id AS call_id,
       t.reports_error AND NOT t.is_control_flow AS failed, t.arguments AS sent, TRUE AS needs_agent, FALSE AS is_explicit_return
FROM work_tools AS t
JOIN keyed AS n USING (tool_key)
LEFT JOIN known_agents AS a ON a.trace = t.trace AND a.agent = n.named_agent
LEFT JOIN known_agents AS b ON b.trace = t.trace AND b.agent = n.asked_agent
WHERE coalesce(a.agent, b.agent) IS NOT NULL
