-- Which run does a trace belong to?
-- $trace_id.
SELECT run, conversation
FROM span_facts
WHERE trace_id = $trace_id AND run IS NOT NULL
ORDER BY started_at NULLS LAST, span_id
LIMIT 1
