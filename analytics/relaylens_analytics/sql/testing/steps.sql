-- The agents' turns of a test, in the order they began.
SELECT agent, outcome, run
FROM steps
ORDER BY started_at, position, step;
