-- Only the source is stated: the target is the agent that begins next.
-- needs: kind HANDOFF | operation handoff | operation agent_handoff
SELECT w.span, agent_key(w.transfer_source) AS from_agent, NULL AS target, w.t0, w.t1,
       w.transfer_mode AS mode, NULL AS call_id, w.reports_error AND NOT w.is_control_flow AS failed,
       NULL AS sent, FALSE AS needs_agent, FALSE AS is_explicit_return
FROM work_spans AS w
WHERE w.transfer_target IS NULL AND (w.kind_word = 'HANDOFF' OR w.operation IN ('handoff', 'agent_handoff'))
