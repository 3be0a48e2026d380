-- The agents that each trace's conversation shows or declares.
CREATE OR REPLACE TEMP TABLE known_agents AS
WITH declared AS (
    SELECT trace_id, agent FROM work_steps
    UNION
    SELECT trace_id, agent_key(agent_name)
    FROM work_spans
    WHERE operation = 'create_agent'
    UNION
    SELECT trace_id, agent_key(unnest(map_values(map_from_entries(list_filter(
        map_entries(attributes), lambda e: regexp_matches(e.key, '^smolagents\.managed_agents\.\d+\.name$'))))))
    FROM work_spans
    UNION
    SELECT trace_id, agent_key(unnest(regexp_extract_all(
        coalesce(full_text(attributes['crewai.crew.agents']), full_text(attributes['crew_agents'])), '"role":\s*"([^"]+)"', 1)))
    FROM work_spans
    WHERE attributes['crewai.crew.agents'] IS NOT NULL OR attributes['crew_agents'] IS NOT NULL
)

SELECT DISTINCT t.trace_id, d.agent
FROM declared AS d
JOIN work_components AS c ON c.trace_id = d.trace_id
JOIN work_components AS t ON t.conversation = c.conversation
WHERE d.agent IS NOT NULL;
