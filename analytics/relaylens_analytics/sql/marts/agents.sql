-- Every agent and person of the affected conversations.
WITH display AS (
    SELECT n.agent, c.conversation, arg_min(n.display_name, (len(n.display_name), n.display_name)) AS display_name
    FROM agent_names AS n
    JOIN agent_spans AS s USING (span)
    JOIN work_traces AS c USING (trace)
    GROUP BY n.agent, c.conversation
)

SELECT s.agent, coalesce(any_value(d.display_name), s.agent) AS display_name, any_value(s.service_name) AS service_name, 'agent' AS kind,
       s.agent_version, s.conversation, min(s.started_at) AS first_seen_at, max(s.ended_at) AS last_seen_at
FROM new_steps AS s
LEFT JOIN display AS d USING (agent, conversation)
GROUP BY s.agent, s.agent_version, s.conversation
UNION ALL
SELECT 'human', 'human', any_value(service_name), 'human', NULL, conversation, min(requested_at), max(coalesce(answered_at, requested_at))
FROM new_escalations
GROUP BY conversation
