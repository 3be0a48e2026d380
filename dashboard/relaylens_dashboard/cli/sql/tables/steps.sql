-- Every agent's turn that began in the window, with its whole texts.
-- $since, $until, $run, $conversation: NULL for no limit.
SELECT * REPLACE (text_of(input) AS input, text_of(output) AS output)
FROM steps
WHERE in_window(started_at, $since, $until)
    AND ($conversation IS NULL OR conversation = $conversation)
    AND ($run IS NULL OR run = $run)
ORDER BY started_at NULLS LAST, conversation
