-- A question to a person, stated by Relaylens' own call.
-- needs: operation escalate
SELECT w.span, w.t0, w.t1, w.tool_name AS tool_name, FALSE AS pauses,
       w.attributes['relaylens.escalation.id'] AS stated_id, w.attributes['relaylens.escalation.state'] AS stated_state,
       w.attributes['relaylens.escalation.question'] AS question, w.attributes['relaylens.escalation.answer'] AS answer,
       w.attributes['relaylens.escalation.answered_by'] AS answered_by
FROM work_spans AS w
WHERE w.operation = 'escalate'
