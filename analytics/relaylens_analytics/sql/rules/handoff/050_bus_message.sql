-- A handoff message on AutoGen's bus, which every subscriber receives: the first receipt counts.
SELECT arg_min(trace_id, (t0, span_id)) AS trace_id, arg_min(span_id, (t0, span_id)) AS span_id,
       agent_key(any_value(source)) AS from_agent, any_value(target) AS target, min(t0) AS t0, min(t1) AS t1,
       'pass_control' AS mode, message_id AS call_id, FALSE AS failed, arg_min(content, (t0, span_id)) AS sent, FALSE AS needs_agent, FALSE AS is_explicit_return
FROM work_bus_receipts
WHERE type = 'HandoffMessage'
GROUP BY message_id
