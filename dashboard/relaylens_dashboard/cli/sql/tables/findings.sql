-- Every finding whose evidence lies in the window.
-- $since, $until, $run, $conversation: NULL for no limit.
SELECT *
FROM findings
WHERE in_window(found_at, $since, $until)
    AND ($conversation IS NULL OR conversation = $conversation)
    AND ($run IS NULL OR run = $run)
ORDER BY found_at NULLS LAST, conversation
