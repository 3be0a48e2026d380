-- The model asked for a tool that asks a person, and no tool span shows it.
-- needs: unshown_calls
SELECT c.span, c.t1 AS t0, c.t1, c.call_name AS tool_name, TRUE AS pauses,
       NULL AS stated_id, NULL AS stated_state, c.call_arguments AS question, NULL AS answer, NULL AS answered_by
FROM unshown_calls AS c
WHERE (regexp_matches(c.tool_key, '(^|_)(escalat[a-z]*|humans?|approvals?|confirmation|ask_user|request_approval)(_|$)')
       OR is_person(agent_of_key(c.named_target)) OR (c.is_generic_transfer AND is_person(agent_key(c.argument_target))))
