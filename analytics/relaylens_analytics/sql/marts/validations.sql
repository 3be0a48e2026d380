-- Every judgement of a validator, stated or shown by work sent back.
CREATE OR REPLACE TEMP TABLE new_validations AS
SELECT r.conversation, r.run, w.trace_id, w.span_id,
       coalesce(agent_key(w.agent_name), f.agent) AS validator,
       agent_key(w.attributes['relaylens.validation.subject']) AS subject,
       CASE WHEN w.attributes['relaylens.validation.verdict'] = 'passed' THEN 'passed' ELSE 'rejected' END AS verdict,
       ltrim(left(full_text(w.attributes['relaylens.validation.reason']), 4000), chr(1)) AS reason,
       'stated' AS rule, w.service_name, w.started_at AS judged_at
FROM work_spans AS w
JOIN work_facts AS f USING (trace_id, span_id)
JOIN work_runs AS r USING (trace_id)
WHERE w.operation = 'validate' AND w.attributes['relaylens.validation.verdict'] IN ('passed', 'rejected')
UNION ALL BY NAME
-- the target of a handoff gives the work back to its source and gets it again, in an order that is stated or seen
SELECT b.conversation, b.run, b.trace_id, s.span_id, b.from_agent AS validator, b.to_agent AS subject, 'rejected' AS verdict,
       ltrim(left(o.text, 4000), chr(1)) AS reason, 'sent_back' AS rule, b.service_name, b.offered_at AS judged_at
FROM new_handoffs AS a
JOIN new_handoffs AS b ON b.run = a.run AND b.from_agent = a.to_agent AND b.to_agent = a.from_agent
                      AND a.to_step = b.from_step AND NOT b.is_return AND b.rule IN ('agent_switch', 'transfer_attribute')
JOIN new_handoffs AS c ON c.run = b.run AND c.from_agent = b.to_agent AND c.to_agent = b.from_agent AND c.from_step = b.to_step
                      AND c.rule = b.rule
JOIN work_steps AS s ON s.trace_id || ':' || s.span_id = b.from_step
LEFT JOIN step_outputs AS o ON o.trace_id = s.trace_id AND o.span_id = s.span_id
WHERE a.rule = b.rule
  -- work that goes round without end is a loop, not somebody's judgement
  AND b.reason IS DISTINCT FROM 'looped'
  AND NOT EXISTS (SELECT 1 FROM work_spans AS v JOIN work_runs AS q USING (trace_id) WHERE q.run = b.run AND v.operation = 'validate')
QUALIFY row_number() OVER (PARTITION BY b.handoff ORDER BY a.offered_at, c.offered_at) = 1;
