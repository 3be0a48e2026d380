-- A model call failed, by its own span or, where model calls have no spans, by the provider's exception on the agent's span.
-- id: E5
-- layer: run
-- reads: structure
-- on: yes
-- exempt: exceptions that only steer the framework
-- needs: span_errors
SELECT 'llm_error' AS detector, 'medium' AS severity, f.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'stated' AS certainty,
       'A call of the model ' || coalesce(w.model, 'unknown') || ' failed: ' || coalesce(w.error_class, 'error') AS message,
       left(coalesce(w.exception_message, w.status_text), 501) AS evidence, w.t1 AS found_at
FROM work_facts AS f
JOIN work_spans AS w USING (span)
JOIN span_errors AS e USING (span)
WHERE f.span_class = 'llm' AND e.is_origin
UNION ALL
SELECT 'llm_error', 'medium', s.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id], s.agent, s.agent, 'inferred',
       'A model call of ' || s.agent || ' failed: ' || w.error_class, left(coalesce(w.exception_message, w.status_text), 501), w.t1
FROM work_steps AS s
JOIN work_spans AS w ON w.span = s.step
JOIN span_errors AS e ON e.span = s.step
WHERE e.is_error
  AND regexp_matches(concat_ws(' ', w.exception_type, w.error_type),
                     '(BadRequestError|RateLimitError|APIError|APIStatusError|APIConnectionError|APITimeoutError|AuthenticationError|PermissionDeniedError|InternalServerError|ServiceUnavailableError|OverloadedError|ContextWindowExceeded|ModelHTTPError|ModelAPIError)')
  AND s.step NOT IN (SELECT step FROM work_facts WHERE step IS NOT NULL AND span_class = 'llm')
