-- The span that frames the whole work ended with an error.
SELECT DISTINCT r.run, 'failed' AS outcome, 'rule' AS evidence, coalesce(w.error_class, left(w.status_text, 200)) AS reason
FROM work_spans AS w
JOIN work_runs AS r USING (trace_id)
JOIN work_classes AS k USING (trace_id, span_id)
JOIN span_errors AS e USING (trace_id, span_id)
WHERE w.parent_span_id IS NULL AND e.is_error AND k.span_class IN ('workflow', 'agent', 'chain', 'llm')
QUALIFY row_number() OVER (PARTITION BY r.run ORDER BY w.t1 DESC, w.span_id) = 1
