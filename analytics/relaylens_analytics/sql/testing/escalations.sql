-- The questions to people of a test, in the order they were asked.
SELECT agent, state, question
FROM escalations
ORDER BY requested_at, escalation;
