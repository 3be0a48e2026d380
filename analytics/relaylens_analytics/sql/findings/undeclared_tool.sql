-- An agent used a tool that is not among those declared for it.
-- id: S5
-- layer: declared
-- reads: structure
-- on: yes
-- exempt: agents without a list of tools, and tools that hand work over
-- needs: specified tool
-- needs: called_tools
SELECT 'undeclared_tool' AS detector, 'medium' AS severity, t.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       t.agent, t.agent AS blamed_agent, 'rule' AS certainty,
       'The agent ' || t.agent || ' used the tool ' || t.tool_key || ', which is not declared for it' AS message,
       left(t.arguments, 501) AS evidence, t.t0 AS found_at
FROM called_tools AS t
JOIN work_spans AS w USING (span)
SEMI JOIN declared('tool') AS d ON d.service_name = w.service_name AND d.name = t.agent
ANTI JOIN declared('tool') AS k ON k.service_name = w.service_name AND k.name = t.agent AND k.target = t.tool_key
QUALIFY row_number() OVER (PARTITION BY t.run, t.agent, t.tool_key ORDER BY t.t0) = 1
