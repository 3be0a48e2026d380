-- Agent spans that only frame other agents: no model or tool call of their own, though the trace shows such calls.
CREATE OR REPLACE TEMP TABLE orchestrators AS
WITH work AS (
    SELECT t.trace_id, t.agent_span, count(*) AS calls
    FROM work_tree AS t
    JOIN work_classes AS k USING (trace_id, span_id)
    WHERE k.span_class IN ('llm', 'tool', 'handoff', 'human', 'validation')
    GROUP BY t.trace_id, t.agent_span
),

nested AS (
    SELECT DISTINCT w.trace_id, t.agent_span, t.agent AS outer_agent, n.agent AS inner_agent
    FROM agent_names AS n
    JOIN work_spans AS w USING (trace_id, span_id)
    JOIN work_tree AS t ON t.trace_id = w.trace_id AND t.span_id = w.parent_span_id
    WHERE t.agent_span IS NOT NULL
)

SELECT DISTINCT n.trace_id, n.agent_span AS span_id
FROM nested AS n
WHERE n.inner_agent <> n.outer_agent
  AND NOT EXISTS (SELECT 1 FROM work AS o WHERE o.trace_id = n.trace_id AND o.agent_span = n.agent_span)
  AND EXISTS (SELECT 1 FROM work AS o WHERE o.trace_id = n.trace_id AND o.agent_span IS NOT NULL);
