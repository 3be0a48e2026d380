-- Agent spans that only frame other agents: no model or tool call of their own, though the trace shows such calls.
-- needs: work_tree
WITH nested AS (
    SELECT DISTINCT t.agent_span
    FROM agent_names AS n
    JOIN work_spans AS w USING (span)
    JOIN work_tree AS t ON t.span = w.parent
    WHERE t.agent_span IS NOT NULL AND t.agent <> n.agent
),

work AS (
    SELECT DISTINCT w.trace, t.agent_span
    FROM work_tree AS t
    JOIN work_spans AS w USING (span)
    JOIN work_classes AS k USING (span)
    WHERE t.agent_span IS NOT NULL AND k.span_class IN ('llm', 'tool', 'handoff', 'human', 'validation')
)

SELECT n.agent_span AS span
FROM nested AS n
JOIN work_spans AS w ON w.span = n.agent_span
WHERE n.agent_span NOT IN (SELECT agent_span FROM work)
  AND w.trace IN (SELECT trace FROM work)
