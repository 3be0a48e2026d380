-- A tool that bears the name of a known agent, or asks one.
SELECT t.trace_id, t.span_id, NULL AS from_agent,
       coalesce(a.agent, b.agent) AS target,
       t.t0, t.t1, 'return_to_caller' AS mode, t.tool_call_id AS call_id,
       t.reports_error AND NOT t.is_control_flow AS failed, t.arguments AS sent, TRUE AS needs_agent, FALSE AS is_explicit_return
FROM work_tools AS t
LEFT JOIN known_agents AS a ON a.trace_id = t.trace_id AND a.agent = agent_key(t.tool_key)
LEFT JOIN known_agents AS b ON b.trace_id = t.trace_id AND b.agent = agent_key(t.asked_target)
WHERE coalesce(a.agent, b.agent) IS NOT NULL
