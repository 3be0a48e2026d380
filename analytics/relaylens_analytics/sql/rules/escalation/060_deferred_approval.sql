-- The agent's final result is a list of calls to approve.
-- needs: agent_spans
SELECT w.span, w.t1 AS t0, w.t1, json_text(w.output_text, '$.approvals[0].tool_name') AS tool_name, TRUE AS pauses,
       NULL AS stated_id, NULL AS stated_state, json_text(w.output_text, '$.approvals[0].args') AS question, NULL AS answer, NULL AS answered_by
FROM agent_spans AS w
WHERE json_text(w.output_text, '$.approvals[0].tool_name') IS NOT NULL
