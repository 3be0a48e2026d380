-- An agent's output holds a request for approval.
-- needs: agent_spans
SELECT w.span, w.t1 AS t0, w.t1, regexp_extract(w.output_text, '"function_call":\s*\{[^{}]*"name":\s*"([^"]+)"', 1) AS tool_name,
       TRUE AS pauses, NULL AS stated_id, NULL AS stated_state, NULL AS question, NULL AS answer, NULL AS answered_by
FROM agent_spans AS w
WHERE contains(w.output_text, '"function_approval_request"')
