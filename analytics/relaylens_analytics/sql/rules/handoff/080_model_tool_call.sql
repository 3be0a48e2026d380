-- A handoff that the model asked for and no tool span shows.
-- needs: unshown_calls
SELECT c.span, c.caller AS from_agent,
       coalesce(c.named_target, CASE WHEN c.is_generic_transfer THEN c.argument_target END, a.agent) AS target,
       c.t1 AS t0, c.t1, NULL AS mode, c.call_id, FALSE AS failed, c.call_arguments AS sent,
       c.is_declared AND NOT c.is_generic_transfer AS needs_agent, FALSE AS is_explicit_return
FROM unshown_calls AS c
LEFT JOIN known_agents AS a ON a.trace = c.trace AND a.agent = agent_of_key(c.tool_key)
WHERE c.named_target IS NOT NULL OR c.is_generic_transfer OR a.agent IS NOT NULL
