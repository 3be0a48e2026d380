-- An agent had a turn though the declared network has no such agent.
-- id: S1
-- layer: declared
-- reads: structure
-- on: yes
-- exempt: services without a table in network.toml, and tables without agents
-- needs: specified agent
-- needs: work_steps
SELECT 'undeclared_agent' AS detector, 'medium' AS severity, s.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       s.agent, s.agent AS blamed_agent, CASE WHEN s.agent_rule = 'attribute' THEN 'rule' ELSE 'inferred' END AS certainty,
       'The agent ' || s.agent || ' is not declared in ' || s.service_name AS message, NULL AS evidence, s.t0 AS found_at
FROM work_steps AS s
JOIN work_spans AS w ON w.span = s.step
SEMI JOIN declared('agent') AS d ON d.service_name = s.service_name
ANTI JOIN declared('agent') AS k ON k.service_name = s.service_name AND k.name = s.agent
WHERE s.run IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY s.run, s.agent ORDER BY s.position) = 1
