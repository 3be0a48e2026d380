-- A call of a remote agent that states who calls it.
-- needs: gen_ai.caller.name
SELECT w.span, agent_key(w.attributes['gen_ai.caller.name']) AS from_agent, w.agent_name AS target, w.t0, w.t1,
       'return_to_caller' AS mode, NULL AS call_id, w.reports_error AND NOT w.is_control_flow AS failed,
       NULL AS sent, FALSE AS needs_agent, FALSE AS is_explicit_return
FROM work_spans AS w
WHERE w.operation = 'invoke_agent' AND w.attributes['gen_ai.caller.name'] IS NOT NULL AND w.agent_name IS NOT NULL
