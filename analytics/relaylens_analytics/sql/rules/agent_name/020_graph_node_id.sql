-- OpenInference's graph node, which is the agent's role unless it is a random identifier.
SELECT span, agent_node AS name
FROM agent_spans
WHERE agent_node IS NOT NULL AND NOT regexp_matches(agent_node, '^[0-9a-f-]{8,}$')
