-- The framework's exception that pauses for a person, on the call that raised it.
-- needs: errors | events
SELECT w.span, w.t0, w.t1, coalesce(w.tool_name, w.name_text) AS tool_name,
       TRUE AS pauses,
       NULL AS stated_id, NULL AS stated_state,
       -- the exception that waits for an event tells the event's class
       CASE WHEN NOT coalesce(regexp_matches(w.error_class, 'WaitingForEvent'), FALSE) THEN coalesce(w.exception_message, w.status_text) END AS question,
       NULL AS answer, NULL AS answered_by
FROM work_spans AS w
WHERE (coalesce(regexp_matches(concat_ws(' ', w.error_class, w.exception_type),
                               '(GraphInterrupt|NodeInterrupt|WaitingForEvent|ApprovalRequired|CallDeferred|InterruptException)'), FALSE)
       OR coalesce(regexp_matches(w.status_text, '^\(?Interrupt\(|(^|\n)(GraphInterrupt|NodeInterrupt)(: [^\n]*)?\n\s+at '), FALSE)
       OR coalesce(regexp_matches(w.exception_message, '^(GraphInterrupt|NodeInterrupt)\('), FALSE))
  AND NOT EXISTS (
      SELECT 1 FROM work_spans AS c
      WHERE c.parent = w.span AND c.is_control_flow
  )
