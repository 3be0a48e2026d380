-- A tool whose name says that it asks a person.
SELECT t.trace_id, t.span_id, t.t0, t.t1, t.tool_name, t.result IS NULL AS pauses,
       NULL AS stated_id, NULL AS stated_state, t.arguments AS question, t.result AS answer, NULL AS answered_by
FROM work_tools AS t
WHERE (regexp_matches(t.tool_key, '(^|_)(escalat[a-z]*|humans?|approvals?|confirmation|ask_user|request_approval)(_|$)')
   OR is_person(agent_key(t.named_target)) OR (t.is_generic_transfer AND is_person(agent_key(t.argument_target))))
  AND NOT (is_person(agent_key(t.named_target)) AND EXISTS (SELECT 1 FROM work_bus_receipts WHERE type = 'HandoffMessage' AND is_person(agent_key(target))))
