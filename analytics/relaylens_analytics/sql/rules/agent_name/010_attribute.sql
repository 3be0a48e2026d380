-- The agent's name as an attribute states it.
SELECT span, agent_name AS name FROM agent_spans WHERE agent_name IS NOT NULL
