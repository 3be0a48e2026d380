-- What did validators say in a run?
-- $run; $conversation: NULL where the run's id says enough; $limit: at most so many.
SELECT conversation, run, trace_id, span_id, validator, subject, verdict, text_of(reason) AS reason, rule, service_name, judged_at
FROM validations
WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
ORDER BY judged_at NULLS LAST
LIMIT $limit
