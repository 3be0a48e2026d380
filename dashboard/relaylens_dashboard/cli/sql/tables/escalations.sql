-- Every question to a person asked in the window, with its answer.
-- $since, $until, $run, $conversation: NULL for no limit.
SELECT * REPLACE (text_of(question) AS question, text_of(answer) AS answer)
FROM escalations
WHERE in_window(requested_at, $since, $until)
    AND ($conversation IS NULL OR conversation = $conversation)
    AND ($run IS NULL OR run = $run)
ORDER BY requested_at NULLS LAST, conversation
