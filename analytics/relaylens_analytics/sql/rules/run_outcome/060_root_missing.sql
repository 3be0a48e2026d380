-- No span of the run is a root yet: the outermost span has not arrived.
SELECT r.run, 'running' AS outcome, 'rule' AS evidence, 'The outermost span has not arrived' AS reason
FROM work_spans AS w
JOIN work_runs AS r USING (trace_id)
GROUP BY r.run
HAVING bool_and(w.parent_span_id IS NOT NULL)
