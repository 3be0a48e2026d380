-- What was one handoff?
-- $handoff.
SELECT * FROM handoffs WHERE handoff = $handoff LIMIT 1
