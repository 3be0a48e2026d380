-- The span that frames the whole work ended with an error.
-- needs: span_errors
SELECT DISTINCT r.run, 'failed' AS outcome, 'rule' AS evidence, coalesce(w.error_class, left(w.status_text, 200)) AS reason
FROM work_spans AS w
JOIN work_runs AS r USING (trace)
JOIN work_classes AS k USING (span)
JOIN span_errors AS e USING (span)
WHERE w.parent_span_id IS NULL AND e.is_error AND k.span_class IN ('workflow', 'agent', 'chain', 'llm')
QUALIFY row_number() OVER (PARTITION BY r.run ORDER BY w.t1 DESC, w.span) = 1
