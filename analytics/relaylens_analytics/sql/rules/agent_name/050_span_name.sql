-- The span's name without what instrumentations put around it.
SELECT span,
       regexp_replace(name_text, '^invoke_agent |^agent\.|\.run$|\.agent$|(\.[^.]+)?\._execute_core$|^execute_task ', '', 'g') AS name
FROM agent_spans
WHERE name_text <> 'invoke_agent'
