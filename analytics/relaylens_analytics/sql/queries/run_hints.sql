-- What would have been found in a run by detectors that are held back, since their false alarms here are not known to be few?
-- $run; $conversation: NULL where the run's id says enough; $limit: at most so many.
SELECT
    finding, detector, severity, conversation, run, step, trace_id, span_id, span_ids, agent, blamed_agent, blamed_step, certainty, score,
    message, evidence, found_at
FROM hints
WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
ORDER BY found_at NULLS LAST, finding
LIMIT $limit
