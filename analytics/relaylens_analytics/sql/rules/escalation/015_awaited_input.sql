-- A span for the wait for a person's input: that it ended in order shows that the person has answered.
-- needs: operation await_human_input
SELECT w.span, w.t0, w.t1, NULL AS tool_name, FALSE AS pauses,
       NULL AS stated_id, NULL AS stated_state, full_text(w.attributes['ag2.human_input.prompt']) AS question,
       CASE WHEN NOT w.reports_error THEN coalesce(full_text(w.attributes['ag2.human_input.response']), '') END AS answer, NULL AS answered_by
FROM work_spans AS w
WHERE w.operation = 'await_human_input'
