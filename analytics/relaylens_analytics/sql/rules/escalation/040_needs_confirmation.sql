-- A tool's result says that the call needs a person's confirmation.
-- needs: work_tools
SELECT t.span, t.t0, t.t1, t.tool_name, TRUE AS pauses,
       NULL AS stated_id, NULL AS stated_state, t.arguments AS question, NULL AS answer, NULL AS answered_by
FROM work_tools AS t
WHERE needs_confirmation(t.result)
