-- A handoff that came straight back or was refused.
-- id: H7
-- layer: agents
-- reads: structure, content
-- on: yes
-- exempt: work sent back to be done better: a validation
-- needs: troubled_handoffs
SELECT 'bounced_handoff' AS detector, 'medium' AS severity, run, trace_id, span_id, [trace_id || ':' || span_id] AS span_ids,
       to_agent AS agent, to_agent AS blamed_agent, to_step AS blamed_step, 'rule' AS certainty,
       'The agent ' || to_agent || ' gave back what ' || from_agent || ' had handed over: ' || reason AS message,
       left(sent, 501) AS evidence, epoch_us(offered_at) * 1000 AS found_at
FROM troubled_handoffs
WHERE reason IN ('bounced', 'refused') AND ok AND NOT is_return
