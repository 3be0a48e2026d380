-- A model call failed.
SELECT 'llm_error' AS detector, 'medium' AS severity, f.run, f.trace_id, f.span_id, [f.trace_id || ':' || f.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'stated' AS certainty,
       'A call of the model ' || coalesce(w.model, 'unknown') || ' failed: ' || coalesce(w.error_class, 'error') AS message,
       left(coalesce(w.exception_message, w.status_text), 500) AS evidence, w.t1 AS found_at
FROM work_facts AS f
JOIN work_spans AS w USING (trace_id, span_id)
JOIN span_errors AS e USING (trace_id, span_id)
WHERE f.span_class = 'llm' AND e.is_origin
