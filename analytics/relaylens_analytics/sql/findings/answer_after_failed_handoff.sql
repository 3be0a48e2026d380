-- The run was completed with an answer although a handoff in it had failed and was never made good.
-- id: H8
-- layer: agents
-- reads: structure
-- on: yes
-- exempt: a handoff to the same agent that worked later
-- needs: troubled_handoffs
SELECT 'answer_after_failed_handoff' AS detector, 'high' AS severity, h.run, h.trace_id, h.span_id, [h.trace_id || ':' || h.span_id] AS span_ids,
       h.from_agent AS agent, h.from_agent AS blamed_agent, h.from_step AS blamed_step, 'rule' AS certainty,
       'The run was answered although the handoff from ' || h.from_agent || ' to ' || coalesce(h.to_agent, 'an unknown agent') || ' had failed' AS message,
       left(h.sent, 501) AS evidence, epoch_us(h.offered_at) * 1000 AS found_at
FROM troubled_handoffs AS h
JOIN run_outcomes AS o USING (run)
WHERE NOT h.ok AND NOT h.is_return AND o.outcome = 'completed'
  AND NOT EXISTS (
      SELECT 1 FROM new_handoffs AS g
      WHERE g.run = h.run AND g.to_agent = h.to_agent AND g.ok AND g.offered_at > h.offered_at
  )
