-- Every span under its nearest agent span above, by walking down from roots and agents.
CREATE OR REPLACE TEMP TABLE work_tree AS
WITH RECURSIVE edges AS (
    SELECT w.trace_id, w.span_id, w.parent_span_id, n.agent
    FROM work_spans AS w
    LEFT JOIN agent_names AS n USING (trace_id, span_id)
),

down AS (
    SELECT trace_id, span_id, agent, CASE WHEN agent IS NOT NULL THEN span_id END AS agent_span, 0 AS depth
    FROM edges
    WHERE agent IS NOT NULL
       OR NOT EXISTS (SELECT 1 FROM edges AS p WHERE p.trace_id = edges.trace_id AND p.span_id = edges.parent_span_id)
    UNION ALL
    SELECT c.trace_id, c.span_id, d.agent, d.agent_span, d.depth + 1
    FROM down AS d
    JOIN edges AS c ON c.trace_id = d.trace_id AND c.parent_span_id = d.span_id AND c.agent IS NULL AND c.span_id <> d.span_id
)

SELECT trace_id, span_id, agent, agent_span, depth
FROM down;
