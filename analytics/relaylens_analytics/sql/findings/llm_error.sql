-- A model call failed, by its own span or, where model calls have no spans, by the provider's exception on the agent's span.
SELECT 'llm_error' AS detector, 'medium' AS severity, f.run, f.trace_id, f.span_id, [f.trace_id || ':' || f.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'stated' AS certainty,
       'A call of the model ' || coalesce(w.model, 'unknown') || ' failed: ' || coalesce(w.error_class, 'error') AS message,
       left(coalesce(w.exception_message, w.status_text), 500) AS evidence, w.t1 AS found_at
FROM work_facts AS f
JOIN work_spans AS w USING (trace_id, span_id)
JOIN span_errors AS e USING (trace_id, span_id)
WHERE f.span_class = 'llm' AND e.is_origin
UNION ALL
SELECT 'llm_error', 'medium', s.run, s.trace_id, s.span_id, [s.trace_id || ':' || s.span_id], s.agent, s.agent, 'inferred',
       'A model call of ' || s.agent || ' failed: ' || w.error_class, left(coalesce(w.exception_message, w.status_text), 500), w.t1
FROM work_steps AS s
JOIN work_spans AS w USING (trace_id, span_id)
JOIN span_errors AS e USING (trace_id, span_id)
WHERE e.is_error
  AND regexp_matches(concat_ws(' ', w.exception_type, w.error_type),
                     '(BadRequestError|RateLimitError|APIError|APIStatusError|APIConnectionError|APITimeoutError|AuthenticationError|PermissionDeniedError|InternalServerError|ServiceUnavailableError|OverloadedError|ContextWindowExceeded|ModelHTTPError|ModelAPIError)')
  AND NOT EXISTS (SELECT 1 FROM work_facts AS f WHERE f.trace_id = s.trace_id AND f.step_span = s.span_id AND f.span_class = 'llm')
