-- Every handoff offered in the window, returns included, with what was sent and received.
-- $since, $until, $run, $conversation: NULL for no limit.
SELECT * REPLACE (text_of(sent) AS sent, text_of(received) AS received)
FROM handoffs
WHERE in_window(offered_at, $since, $until)
    AND ($conversation IS NULL OR conversation = $conversation)
    AND ($run IS NULL OR run = $run)
ORDER BY offered_at NULLS LAST, conversation
