-- The agent's turn finished with an interrupt.
-- needs: work_events
SELECT e.span, w.t1 AS t0, w.t1, NULL AS tool_name, TRUE AS pauses,
       NULL AS stated_id, NULL AS stated_state, e.message AS question, NULL AS answer, NULL AS answered_by
FROM work_events AS e
JOIN work_spans AS w USING (span)
WHERE e.finish_reason = 'interrupt'
   OR contains(e.output_messages, '"finish_reason": "interrupt"')
