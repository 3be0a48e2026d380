-- What was said of a run, later or while it was recorded?
-- $run; $conversation: NULL where the run's id says enough; $limit: at most so many.
WITH traces AS (
    SELECT DISTINCT trace_id
    FROM span_facts
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
)
SELECT name, value, score, source, comment, labelled_at AS said_at, 'label' AS given, finding
FROM labels
WHERE run = $run OR (run IS NULL AND trace_id IN (FROM traces))
UNION ALL
SELECT name, value, score, source, comment, given_at, 'feedback', NULL
FROM feedback
WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
ORDER BY said_at NULLS LAST, name
LIMIT $limit
