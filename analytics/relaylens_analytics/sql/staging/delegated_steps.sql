-- Tool calls that run another agent without a span of its own: a delegation with model calls below and no agent span there.
-- needs: delegating_tools
WITH RECURSIVE below AS (
    SELECT t.span AS tool, w.span, 1 AS depth
    FROM delegating_tools AS t
    JOIN work_spans AS w ON w.parent = t.span
    UNION ALL
    SELECT b.tool, w.span, b.depth + 1
    FROM below AS b
    JOIN work_spans AS w ON w.parent = b.span
    WHERE b.depth < 50
),

judged AS (
    SELECT b.tool, bool_or(k.span_class = 'llm') AS has_model_call, bool_or(n.agent IS NOT NULL) AS has_agent
    FROM below AS b
    LEFT JOIN work_classes AS k USING (span)
    LEFT JOIN agent_names AS n USING (span)
    GROUP BY b.tool
)

SELECT t.span, agent_key(t.target) AS agent
FROM judged AS j
JOIN delegating_tools AS t ON t.span = j.tool
WHERE j.has_model_call AND NOT j.has_agent
