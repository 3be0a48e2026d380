-- The model's answer holds a request for approval.
SELECT r.trace_id, r.span_id, w.t1 AS t0, w.t1, r.call_name AS tool_name, TRUE AS pauses,
       NULL AS stated_id, NULL AS stated_state, r.call_arguments AS question, NULL AS answer, NULL AS answered_by
FROM work_replies AS r
JOIN work_spans AS w USING (trace_id, span_id)
WHERE r.part_type = 'function_approval_request'
