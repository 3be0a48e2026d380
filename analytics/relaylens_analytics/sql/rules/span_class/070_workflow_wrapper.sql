-- A root that calls itself an agent but wraps a workflow span of its own name.
SELECT w.trace_id, w.span_id, 'workflow' AS span_class
FROM work_spans AS w
JOIN work_spans AS c ON c.trace_id = w.trace_id AND c.parent_span_id = w.span_id
WHERE NOT w.is_detail AND w.operation = 'invoke_agent' AND c.kind_word = 'WORKFLOW' AND c.agent_name = w.agent_name
