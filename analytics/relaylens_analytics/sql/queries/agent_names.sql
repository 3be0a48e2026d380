-- What is each agent called, as its framework writes it? The name that it had last.
-- $limit: at most so many.
SELECT agent, arg_max(display_name, last_seen_at) AS display_name
FROM agents
WHERE kind = 'agent'
GROUP BY agent
ORDER BY agent
LIMIT $limit
