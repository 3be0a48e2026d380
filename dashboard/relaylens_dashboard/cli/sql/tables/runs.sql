-- Every run that began in the window.
-- $since, $until, $run, $conversation: NULL for no limit.
SELECT *
FROM runs
WHERE in_window(started_at, $since, $until)
    AND ($conversation IS NULL OR conversation = $conversation)
    AND ($run IS NULL OR run = $run)
ORDER BY started_at NULLS LAST, conversation
