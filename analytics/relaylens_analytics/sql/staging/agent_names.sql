-- The agent of every agent span, as one key, by the first rule that names it.
CREATE OR REPLACE TEMP TABLE agent_names AS
SELECT trace_id, span_id, agent_key(name) AS agent, name AS display_name, rule AS agent_rule
FROM agent_name_candidates
WHERE agent_key(name) IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY trace_id, span_id ORDER BY priority) = 1;
