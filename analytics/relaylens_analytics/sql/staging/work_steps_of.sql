-- Every span under its step: the outermost of nested spans of one agent opens the step; a delegating tool opens one for an agent that has no span.
CREATE OR REPLACE TEMP TABLE work_steps_of AS
WITH RECURSIVE openers AS (
    SELECT n.trace_id, n.span_id, n.agent, n.agent_rule
    FROM agent_names AS n
    WHERE (n.trace_id, n.span_id) NOT IN (SELECT (trace_id, span_id) FROM orchestrators)
),

edges AS (
    SELECT w.trace_id, w.span_id, w.parent_span_id, o.agent, o.agent_rule, v.agent AS delegated_agent
    FROM work_spans AS w
    LEFT JOIN openers AS o USING (trace_id, span_id)
    LEFT JOIN delegated_steps AS v USING (trace_id, span_id)
),

down AS (
    -- `agent` and `step_span` are those of the span itself; `below` are those its children inherit
    SELECT trace_id, span_id, agent, agent_rule, CASE WHEN agent IS NOT NULL THEN span_id END AS step_span,
           CAST(NULL AS VARCHAR) AS parent_step_span,
           coalesce(delegated_agent, agent) AS agent_below,
           CASE WHEN delegated_agent IS NOT NULL OR agent IS NOT NULL THEN span_id END AS step_below,
           CAST(NULL AS VARCHAR) AS parent_below
    FROM edges
    WHERE NOT EXISTS (SELECT 1 FROM edges AS p WHERE p.trace_id = edges.trace_id AND p.span_id = edges.parent_span_id)
    UNION ALL
    SELECT c.trace_id, c.span_id,
           coalesce(c.agent, d.agent_below),
           CASE WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.agent_rule ELSE c.agent_rule END,
           CASE WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.step_below ELSE c.span_id END,
           CASE WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.parent_below ELSE d.step_below END,
           coalesce(c.delegated_agent, c.agent, d.agent_below),
           CASE WHEN c.delegated_agent IS NOT NULL THEN c.span_id
                WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.step_below ELSE c.span_id END,
           CASE WHEN c.delegated_agent IS NOT NULL THEN d.step_below
                WHEN c.agent IS NULL OR c.agent = d.agent_below THEN d.parent_below ELSE d.step_below END
    FROM down AS d
    JOIN edges AS c ON c.trace_id = d.trace_id AND c.parent_span_id = d.span_id
)

SELECT trace_id, span_id, agent, agent_rule, step_span, parent_step_span, agent_below, step_below, parent_below
FROM down;
