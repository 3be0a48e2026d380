-- Every span under its nearest agent span above, by walking down from roots and agents.
-- needs: agent_names
WITH RECURSIVE edges AS (
    SELECT w.span, w.parent, n.agent
    FROM work_spans AS w
    LEFT JOIN agent_names AS n USING (span)
),

down AS (
    SELECT span, agent, CASE WHEN agent IS NOT NULL THEN span END AS agent_span
    FROM edges
    WHERE agent IS NOT NULL OR parent IS NULL
    UNION ALL
    SELECT c.span, d.agent, d.agent_span
    FROM down AS d
    JOIN edges AS c ON c.parent = d.span AND c.agent IS NULL AND c.span <> d.span
)

SELECT span, agent, agent_span
FROM down
