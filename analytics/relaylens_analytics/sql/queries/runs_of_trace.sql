-- Which runs does a trace belong to?
-- $trace_id; $limit: at most so many.
SELECT run, conversation, min(started_at) AS started_at
FROM span_facts
WHERE trace_id = $trace_id AND run IS NOT NULL
GROUP BY run, conversation
ORDER BY started_at NULLS LAST, run
LIMIT $limit
