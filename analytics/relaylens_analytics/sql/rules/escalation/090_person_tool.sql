-- A tool whose name says that it asks a person.
-- needs: work_tools
WITH named AS (
    SELECT tool_key, asks_person(tool_key) AS asks_person,
           is_person(agent_of_key(named_target)) AS is_to_person
    FROM (SELECT DISTINCT tool_key, named_target FROM work_tools)
)

-- a result that is none, that says that nobody has decided yet, or that the question itself has to be confirmed first, is no answer
SELECT t.span, t.t0, t.t1, t.tool_name, t.answer IS NULL AS pauses,
       NULL AS stated_id, NULL AS stated_state, t.arguments AS question, t.answer, NULL AS answered_by
FROM (
    SELECT *, CASE WHEN NOT is_blank(result) AND NOT is_left_open(left(result, 600)) AND NOT needs_confirmation(result) THEN result END AS answer
    FROM work_tools
) AS t
JOIN named AS n USING (tool_key)
WHERE (n.asks_person OR n.is_to_person OR (t.is_generic_transfer AND is_person(agent_key(t.argument_target))))
  -- the wait within it tells the question itself
  AND NOT EXISTS (SELECT 1 FROM work_spans AS a WHERE a.parent = t.span AND a.operation = 'await_human_input')
  AND NOT (n.is_to_person AND EXISTS (SELECT 1 FROM work_bus_receipts WHERE type = 'HandoffMessage' AND is_person(agent_key(target))))
