-- An agent's answer says that its tools wait for a confirmation.
-- needs: agent_spans
SELECT w.span, w.t1 AS t0, w.t1, NULL AS tool_name, TRUE AS pauses,
       NULL AS stated_id, NULL AS stated_state, w.output_text AS question, NULL AS answer, NULL AS answered_by
FROM agent_spans AS w
WHERE regexp_matches(w.output_text, '(?i)\btools? to execute\b.*\bneed confirmation\b')
