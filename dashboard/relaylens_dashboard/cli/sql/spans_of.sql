-- Which spans belong to this run, or to this conversation?
-- $run, $conversation: NULL for no limit.
SELECT trace_id, span_id
FROM span_facts
WHERE ($run IS NULL OR run = $run) AND ($conversation IS NULL OR conversation = $conversation)
