-- A root that calls itself an agent but wraps a workflow span of its own name.
-- needs: kind WORKFLOW
SELECT w.span, 'workflow' AS span_class
FROM work_spans AS w
JOIN work_spans AS c ON c.parent = w.span
WHERE NOT w.is_detail AND w.operation = 'invoke_agent' AND c.kind_word = 'WORKFLOW' AND c.agent_name = w.agent_name
