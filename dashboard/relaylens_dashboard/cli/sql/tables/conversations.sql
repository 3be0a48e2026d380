-- Every conversation that began in the window.
-- $since, $until, $conversation: NULL for no limit.
SELECT *
FROM conversations
WHERE in_window(started_at, $since, $until)
    AND ($conversation IS NULL OR conversation = $conversation)
ORDER BY started_at NULLS LAST, conversation
