-- The transfer's target is stated on the span that offers it.
-- needs: transfer target
SELECT w.span,
       coalesce(agent_key(w.transfer_source), CASE WHEN w.operation = 'handoff' THEN agent_key(w.agent_name) END) AS from_agent, w.transfer_target AS target, w.t0, w.t1,
       w.transfer_mode AS mode, w.tool_call_id AS call_id, w.reports_error AND NOT w.is_control_flow AS failed,
       coalesce(full_text(w.attributes['relaylens.handoff.payload']), full_text(w.tool_arguments)) AS sent, FALSE AS needs_agent, FALSE AS is_explicit_return, w.attributes['relaylens.handoff.id'] AS handoff_id
FROM work_spans AS w
WHERE w.transfer_target IS NOT NULL AND (w.operation IS NULL OR w.operation NOT IN ('invoke_agent', 'escalate'))
