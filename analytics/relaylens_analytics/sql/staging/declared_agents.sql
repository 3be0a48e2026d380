-- The agents that a span declares without a turn of theirs: by the making of an agent, or in a list of a team's members.
-- needs: operation create_agent | smolagents.managed_agents. | crewai.crew.agents | crew_agents
SELECT trace, agent_key(agent_name) AS agent
FROM work_spans
WHERE operation = 'create_agent'
UNION
SELECT trace, agent_key(unnest(map_values(map_from_entries(list_filter(
    map_entries(attributes), lambda e: starts_with(e.key, 'smolagents.managed_agents.') AND regexp_matches(e.key, '\.\d+\.name$'))))))
FROM work_spans
UNION
SELECT trace, agent_key(unnest(regexp_extract_all(
    coalesce(full_text(attributes['crewai.crew.agents']), full_text(attributes['crew_agents'])), '"role":\s*"([^"]+)"', 1)))
FROM work_spans
WHERE attributes['crewai.crew.agents'] IS NOT NULL OR attributes['crew_agents'] IS NOT NULL
