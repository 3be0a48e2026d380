-- What the target of a handoff received lacks or contradicts what was sent.
-- id: H9
-- layer: agents
-- reads: content
-- on: yes
-- needs: troubled_handoffs
WITH lost AS (
    SELECT *, coalesce(sent, '') AS gave, coalesce(received, '') AS got, least(length(gave), length(got), 4000) AS shared
    FROM troubled_handoffs
    WHERE reason = 'context_lost'
),
-- The letter from which on the two texts differ, and forty before it: what they have in common is no evidence.
parted AS (
    SELECT *, greatest(coalesce(
        list_position(list_transform(range(1, shared + 1), lambda i: substr(gave, i, 1) <> substr(got, i, 1)), TRUE), shared) - 40, 1) AS here
    FROM lost
)
SELECT 'context_lost' AS detector, 'high' AS severity, run, trace_id, span_id, list_filter([trace_id || ':' || span_id, to_step], lambda x: x IS NOT NULL) AS span_ids,
       to_agent AS agent, from_agent AS blamed_agent, from_step AS blamed_step, 'stated' AS certainty,
       'The agent ' || to_agent || ' did not receive what ' || from_agent || ' had sent' AS message,
       'sent: ' || if(here > 1, '…', '') || substr(gave, here, 230) || if(length(gave) >= here + 230, '…', '')
       || ' | received: ' || if(here > 1, '…', '') || substr(got, here, 230) || if(length(got) >= here + 230, '…', '') AS evidence,
       epoch_us(offered_at) * 1000 AS found_at
FROM parted
