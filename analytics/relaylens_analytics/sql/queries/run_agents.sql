-- Who took part in a conversation, and which of the names are one agent in several roles, such as `Planner (thought)` and `Planner (to coder)`?
-- $conversation; $limit: at most so many.
SELECT agent, any_value(display_name ORDER BY first_seen_at) AS display_name, any_value(kind ORDER BY first_seen_at) AS kind,
       coalesce(any_value(agent_key(regexp_replace(display_name, '\s*\([^()]*\)\s*$', '')) ORDER BY first_seen_at), agent) AS family
FROM agents
WHERE conversation = $conversation
GROUP BY agent
ORDER BY agent
LIMIT $limit
