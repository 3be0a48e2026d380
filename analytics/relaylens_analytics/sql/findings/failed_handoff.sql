-- A handoff that nobody took: the target is unknown, or did not begin.
-- id: H4
-- layer: agents
-- reads: structure
-- on: yes
-- exempt: returns to the caller, and persons as targets
-- exempt: a run that goes on, whose target may be at work; spans arrive when they end
-- needs: troubled_handoffs
SELECT 'failed_handoff' AS detector, 'high' AS severity, run, trace_id, span_id, [trace_id || ':' || span_id] AS span_ids,
       from_agent AS agent, from_agent AS blamed_agent, from_step AS blamed_step, CASE WHEN rule IN ('transfer_attribute', 'handoff_span') THEN 'stated' ELSE 'rule' END AS certainty,
       'The handoff from ' || from_agent || ' to ' || coalesce(to_agent, 'an unknown agent') || ' failed: ' || reason AS message,
       left(sent, 501) AS evidence, epoch_us(offered_at) * 1000 AS found_at
FROM troubled_handoffs
WHERE NOT ok AND reason IS NOT NULL AND NOT is_return AND target_type = 'agent'
