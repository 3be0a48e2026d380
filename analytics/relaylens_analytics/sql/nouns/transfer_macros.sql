-- Whom a tool hands over to, as far as its key (`tool_key`) and arguments tell; Semantic Kernel puts a plugin's name before a tool's.
CREATE OR REPLACE MACRO is_generic_transfer(key) AS (
    regexp_matches(key, '^(transfer|handoff|hand_off|handover|route)_to_((an|another)_)?agents?$|^(handoff|hand_off|handover|delegate|transfer)$|^(delegate_(work|tasks?)|ask_question)_to_(an_?other_)?(coworker|co_worker|members?|agents?|teammate)$')
);
CREATE OR REPLACE MACRO named_target(key) AS (
    CASE WHEN NOT is_generic_transfer(key)
         THEN nullif(regexp_extract(key, '^(?:handoffs?_)?(?:transfer_back_to|transfer_to|handoff_to|hand_off_to|handover_to|delegate_to|route_to)_(.+)$', 1), '') END
);
CREATE OR REPLACE MACRO asked_target(key) AS (
    nullif(regexp_extract(key, '^(?:ask|consult|call)_(.+)$', 1), '')
);
CREATE OR REPLACE MACRO argument_target(arguments) AS (
    nullif(regexp_extract(arguments, '\\*[''"]?(?:agent_name|to_agent|coworker|member_id|target_agent|recipient|target|agent)\\*[''"]?\s*[:=]\s*\\*[''"]([^''"\\]+)', 1), '')
);
CREATE OR REPLACE MACRO is_person(key) AS (
    coalesce(regexp_matches(key, '^(human|user|user_proxy|person|operator)(_(agent|operator|support|proxy|input))*s?$'), FALSE)
);
-- Whether a tool asks a person, by its key.
CREATE OR REPLACE MACRO asks_person(key) AS (
    regexp_matches(key, '(^|_)(escalat[a-z]*|humans?|approvals?|confirmation|ask_user|request_approval)(_|$)')
);
