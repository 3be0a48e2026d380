-- Everything said of a run, step or answer in the window while it was recorded.
-- $since, $until, $run, $conversation: NULL for no limit.
SELECT *
FROM feedback
WHERE in_window(given_at, $since, $until)
    AND ($conversation IS NULL OR conversation = $conversation)
    AND ($run IS NULL OR run = $run)
ORDER BY given_at NULLS LAST, conversation
