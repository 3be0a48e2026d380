-- The turn's last model call failed and none after it succeeded.
SELECT f.trace_id, f.step_span AS span_id, 'failed' AS outcome, 'rule' AS evidence
FROM work_facts AS f
JOIN work_spans AS w USING (trace_id, span_id)
JOIN span_errors AS e USING (trace_id, span_id)
WHERE f.span_class = 'llm' AND f.step_span IS NOT NULL
GROUP BY f.trace_id, f.step_span
HAVING arg_max(e.is_error, (w.t0, w.t1))
