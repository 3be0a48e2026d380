-- A handoff message on AutoGen's bus, which every subscriber receives: the first receipt counts.
-- needs: work_bus_receipts
SELECT arg_min(span, (t0, span)) AS span,
       agent_key(any_value(source)) AS from_agent, any_value(target) AS target, min(t0) AS t0, min(t1) AS t1,
       'pass_control' AS mode, message_id AS call_id, FALSE AS failed, arg_min(content, (t0, span)) AS sent, FALSE AS needs_agent, FALSE AS is_explicit_return
FROM work_bus_receipts
WHERE type = 'HandoffMessage'
GROUP BY message_id
