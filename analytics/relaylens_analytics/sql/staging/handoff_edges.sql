-- Every handoff, stated or inferred, with the steps at both of its ends.
-- needs: handoff_attempts | inferred_handoffs
WITH stated_and_inferred AS (
    SELECT span, run, conversation, from_agent, to_agent, rule, t0, t1, mode, sent, failed, target_known,
           is_explicit_return AS is_return, from_step, to_step, TRUE AS is_stated, handoff_id, receipt_status, received
    FROM handoff_attempts
    UNION ALL BY NAME
    SELECT i.span, i.run, r.conversation, i.from_agent, i.to_agent, i.rule, i.t0, i.t1, i.mode, CAST(NULL AS VARCHAR) AS sent,
           FALSE AS failed, TRUE AS target_known, i.is_return, i.from_step, i.to_step, FALSE AS is_stated
    FROM inferred_handoffs AS i
    JOIN work_spans AS w USING (span)
    JOIN work_runs AS r ON r.trace = w.trace
)

SELECT row_number() OVER () AS edge, e.*, s.t0 AS to_t0, s.t1 AS to_t1, o.outcome AS to_outcome, p.t1 AS from_t1,
       k.first_work, k.first_useful,
       w.attributes['relaylens.handoff.status'] AS stated_status,
       w.attributes['relaylens.handoff.payload'] AS payload,
       w.trace_id, w.span_id, w.service_name, left(i.text, 4000) AS step_input, left(u.text, 400) AS reached_output
FROM stated_and_inferred AS e
JOIN work_spans AS w USING (span)
LEFT JOIN work_steps AS s ON s.step = e.to_step
LEFT JOIN step_outcomes AS o ON o.step = e.to_step
LEFT JOIN work_steps AS p ON p.step = e.from_step
LEFT JOIN step_work AS k ON k.step = e.to_step
LEFT JOIN step_inputs AS i ON i.step = e.to_step
LEFT JOIN step_outputs AS u ON u.step = e.to_step
