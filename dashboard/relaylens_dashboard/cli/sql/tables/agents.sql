-- Every agent and person first seen in the window, once a conversation.
-- $since, $until, $conversation: NULL for no limit.
SELECT *
FROM agents
WHERE in_window(first_seen_at, $since, $until)
    AND ($conversation IS NULL OR conversation = $conversation)
ORDER BY first_seen_at NULLS LAST, conversation
