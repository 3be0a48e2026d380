-- Pairs of agents between which work goes back and forth three times or more.
-- needs: handoff_attempts
SELECT run, least(from_agent, to_agent) AS a, greatest(from_agent, to_agent) AS b
FROM handoff_edges
WHERE to_agent IS NOT NULL AND NOT is_return AND is_stated
GROUP BY run, least(from_agent, to_agent), greatest(from_agent, to_agent)
HAVING count(*) FILTER (WHERE from_agent < to_agent) >= 2 AND count(*) FILTER (WHERE from_agent > to_agent) >= 2
