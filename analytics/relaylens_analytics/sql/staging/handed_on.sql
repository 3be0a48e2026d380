-- Traces in which the last handoff by a tool goes to an agent that has no turn there after it: where each agent's turn is a trace of its own.
-- needs: work_tools
-- needs: agent_names
WITH targets AS (
    SELECT tool_name, argument_target, is_generic_transfer, agent_key(CASE WHEN is_generic_transfer THEN argument_target ELSE named_target END) AS target
    FROM (SELECT DISTINCT tool_name, argument_target, is_generic_transfer, named_target FROM work_tools)
),

offers AS (
    SELECT o.trace, arg_max(t.target, (o.t1, o.span)) AS target, max(o.t1) AS t1
    FROM work_tools AS o
    JOIN targets AS t ON t.tool_name = o.tool_name AND t.argument_target IS NOT DISTINCT FROM o.argument_target
    WHERE t.target IS NOT NULL AND NOT o.reports_error
    GROUP BY o.trace
)

SELECT o.trace, o.target
FROM offers AS o
WHERE NOT EXISTS (
    SELECT 1
    FROM agent_names AS n
    JOIN work_spans AS w USING (span)
    WHERE w.trace = o.trace AND n.agent = o.target AND w.t1 >= o.t1
)
