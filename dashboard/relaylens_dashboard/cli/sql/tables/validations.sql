-- Every validator's judgement of the window.
-- $since, $until, $run, $conversation: NULL for no limit.
SELECT * REPLACE (text_of(reason) AS reason)
FROM validations
WHERE in_window(judged_at, $since, $until)
    AND ($conversation IS NULL OR conversation = $conversation)
    AND ($run IS NULL OR run = $run)
ORDER BY judged_at NULLS LAST, conversation
