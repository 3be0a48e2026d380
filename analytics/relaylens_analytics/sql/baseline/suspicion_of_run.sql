-- What was said of a run when it was judged, and of which deployment it is.
-- $run; $conversation: NULL where the run's id says enough.
SELECT p.run, p.conversation, p.service_name, s.history, s.p_value, s.alarm
FROM run_profiles AS p
LEFT JOIN suspicions AS s USING (run, conversation)
WHERE p.run = $run AND ($conversation IS NULL OR p.conversation = $conversation)
LIMIT 1
