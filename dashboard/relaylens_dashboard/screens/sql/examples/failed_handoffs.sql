-- Handoffs that failed
SELECT offered_at, from_agent, to_agent, reason, run
FROM handoffs
WHERE NOT is_return AND NOT succeeded
ORDER BY offered_at DESC
LIMIT 100
