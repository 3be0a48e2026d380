-- The handoffs of a test, in the order they were offered; returns of control are none.
SELECT from_agent, to_agent, succeeded, reason, mode, rule
FROM handoffs
WHERE NOT is_return
ORDER BY offered_at, position, handoff;
