-- The agent's final result is a list of calls to approve; an agent that was called by another gives it the list, which is the same question.
-- needs: agent_spans
WITH lists AS (
    SELECT a.span, a.trace, w.t0, a.t1, json_text(a.output_text, '$.approvals[0].tool_name') AS tool_name,
           json_text(a.output_text, '$.approvals[0].args') AS question, json_text(a.output_text, '$.approvals[0].tool_call_id') AS call_id
    FROM agent_spans AS a
    JOIN work_spans AS w USING (span)
    WHERE json_text(a.output_text, '$.approvals[0].tool_name') IS NOT NULL
)

SELECT l.span, l.t1 AS t0, l.t1, l.tool_name, TRUE AS pauses,
       NULL AS stated_id, NULL AS stated_state, l.question, NULL AS answer, NULL AS answered_by
FROM lists AS l
WHERE NOT EXISTS (
    SELECT 1 FROM lists AS i
    WHERE i.trace = l.trace AND i.span <> l.span AND i.t0 >= l.t0 AND i.t1 <= l.t1
      AND i.tool_name = l.tool_name AND i.call_id IS NOT DISTINCT FROM l.call_id AND i.question IS NOT DISTINCT FROM l.question
)
