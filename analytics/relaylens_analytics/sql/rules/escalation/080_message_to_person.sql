-- A handoff message on the bus goes to a person.
-- needs: work_bus_receipts
SELECT span, t0, t1, NULL AS tool_name, TRUE AS pauses,
       message_id AS stated_id, NULL AS stated_state, content AS question, NULL AS answer, NULL AS answered_by
FROM (
    SELECT message_id, arg_min(span, (t0, span)) AS span, min(t0) AS t0, min(t1) AS t1,
           any_value(content) AS content, any_value(target) AS target, any_value(type) AS type
    FROM work_bus_receipts
    GROUP BY message_id
)
WHERE type = 'HandoffMessage' AND is_person(agent_key(target))
