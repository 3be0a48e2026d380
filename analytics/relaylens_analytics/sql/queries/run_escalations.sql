-- What were people asked in a run, and what did they answer?
-- $run; $conversation: NULL where the run's id says enough; $now: the moment to measure open questions at; $limit: at most so many.
SELECT
    escalation, conversation, run, trace_id, span_id, agent, service_name, state, rule, tool_name, requested_at, answered_at,
    CASE WHEN state IN ('requested', 'pending') THEN (epoch_us($now::TIMESTAMP) - epoch_us(requested_at)) / 1000.0 ELSE pending_ms END AS pending_ms,
    question,
    answer,
    answered_by
FROM escalations
WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
ORDER BY requested_at NULLS LAST, escalation
LIMIT $limit
