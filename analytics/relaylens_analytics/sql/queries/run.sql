-- What is known of one run?
-- $run; $conversation: NULL where the run's id says enough.
SELECT *
FROM runs
WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
ORDER BY started_at
LIMIT 1
