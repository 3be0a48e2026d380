-- Tool calls that run another agent without a span of its own: a delegation with model calls below and no agent span there.
CREATE OR REPLACE TEMP TABLE delegated_steps AS
WITH RECURSIVE below AS (
    SELECT t.trace_id, t.span_id AS tool_span, w.span_id, 1 AS depth
    FROM work_tools AS t
    JOIN work_spans AS w ON w.trace_id = t.trace_id AND w.parent_span_id = t.span_id
    WHERE coalesce(t.named_target, CASE WHEN t.is_generic_transfer THEN t.argument_target END) IS NOT NULL
    UNION ALL
    SELECT b.trace_id, b.tool_span, w.span_id, b.depth + 1
    FROM below AS b
    JOIN work_spans AS w ON w.trace_id = b.trace_id AND w.parent_span_id = b.span_id
    WHERE b.depth < 50
),

judged AS (
    SELECT b.trace_id, b.tool_span,
           bool_or(k.span_class = 'llm') AS has_model_call,
           bool_or(n.agent IS NOT NULL) AS has_agent
    FROM below AS b
    LEFT JOIN work_classes AS k ON k.trace_id = b.trace_id AND k.span_id = b.span_id
    LEFT JOIN agent_names AS n ON n.trace_id = b.trace_id AND n.span_id = b.span_id
    GROUP BY b.trace_id, b.tool_span
)

SELECT t.trace_id, t.span_id,
       agent_key(coalesce(t.named_target, t.argument_target)) AS agent
FROM judged AS j
JOIN work_tools AS t ON t.trace_id = j.trace_id AND t.span_id = j.tool_span
WHERE j.has_model_call AND NOT j.has_agent;
