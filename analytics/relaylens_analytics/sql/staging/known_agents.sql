-- The agents that each trace's conversation shows or declares.
WITH declared AS (
    SELECT DISTINCT trace, agent FROM work_steps
    UNION
    SELECT trace, agent FROM declared_agents
),

of_conversation AS (
    SELECT DISTINCT c.conversation, d.agent
    FROM declared AS d
    JOIN work_traces AS c USING (trace)
    WHERE d.agent IS NOT NULL
)

SELECT t.trace, a.agent
FROM of_conversation AS a
JOIN work_traces AS t USING (conversation)
