-- Every span under its step: the outermost of nested spans of one agent opens the step; a delegating tool opens one for an agent that has no span.
-- needs: agent_names | delegated_steps
WITH RECURSIVE openers AS (
    SELECT n.span, n.agent, n.agent_rule
    FROM agent_names AS n
    ANTI JOIN orchestrators USING (span)
),

edges AS (
    SELECT w.span, w.parent, o.agent, o.agent_rule, v.agent AS delegated_agent
    FROM work_spans AS w
    LEFT JOIN openers AS o USING (span)
    LEFT JOIN delegated_steps AS v USING (span)
),

down AS (
    -- `agent` and `step` are those of the span itself; `below` are those its children inherit
    SELECT span, agent, agent_rule, CASE WHEN agent IS NOT NULL THEN span END AS step,
           CAST(NULL AS INTEGER) AS parent_step,
           coalesce(delegated_agent, agent) AS agent_below,
           CASE WHEN delegated_agent IS NOT NULL OR agent IS NOT NULL THEN span END AS step_below,
           CAST(NULL AS INTEGER) AS parent_below
    FROM edges
    WHERE parent IS NULL
    UNION ALL
    SELECT c.span,
           coalesce(c.agent, d.agent_below),
           CASE WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.agent_rule ELSE c.agent_rule END,
           CASE WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.step_below ELSE c.span END,
           CASE WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.parent_below ELSE d.step_below END,
           coalesce(c.delegated_agent, c.agent, d.agent_below),
           CASE WHEN c.delegated_agent IS NOT NULL THEN c.span
                WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.step_below ELSE c.span END,
           CASE WHEN c.delegated_agent IS NOT NULL THEN d.step_below
                WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.parent_below ELSE d.step_below END
    FROM down AS d
    JOIN edges AS c ON c.parent = d.span
)

SELECT span, agent, agent_rule, step, parent_step, agent_below, step_below, parent_below
FROM down
