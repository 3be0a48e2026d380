-- What the target of a handoff received lacks or contradicts what was sent.
-- id: H9
-- layer: agents
-- reads: content
-- on: yes
-- needs: troubled_handoffs
SELECT 'context_lost' AS detector, 'high' AS severity, run, trace_id, span_id, list_filter([trace_id || ':' || span_id, to_step], lambda x: x IS NOT NULL) AS span_ids,
       to_agent AS agent, from_agent AS blamed_agent, from_step AS blamed_step, 'stated' AS certainty,
       'The agent ' || to_agent || ' did not receive what ' || from_agent || ' had sent' AS message,
       left('sent: ' || coalesce(sent, '') || ' | received: ' || coalesce(received, ''), 500) AS evidence, epoch_us(offered_at) * 1000 AS found_at
FROM troubled_handoffs
WHERE reason = 'context_lost'
