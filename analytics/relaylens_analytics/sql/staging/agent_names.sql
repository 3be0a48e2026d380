-- The agent of every agent span, as one key, by the first rule that names it.
-- needs: agent_spans
WITH keyed AS (
    SELECT name, agent_key(name) AS agent FROM (SELECT DISTINCT name FROM agent_name_candidates)
)

SELECT c.span, k.agent, c.name AS display_name, c.rule AS agent_rule
FROM agent_name_candidates AS c
JOIN keyed AS k USING (name)
WHERE k.agent IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY c.span ORDER BY c.priority) = 1
