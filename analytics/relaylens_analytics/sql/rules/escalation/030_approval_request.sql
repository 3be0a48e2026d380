-- The model's answer holds a request for approval.
-- needs: work_replies
SELECT r.span, w.t1 AS t0, w.t1, r.call_name AS tool_name, TRUE AS pauses,
       NULL AS stated_id, NULL AS stated_state, r.call_arguments AS question, NULL AS answer, NULL AS answered_by
FROM work_replies AS r
JOIN work_spans AS w USING (span)
WHERE r.part_type = 'function_approval_request'
