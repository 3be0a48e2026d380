-- Work that the target of a handoff gives back to its source and gets again, in an order that is stated or seen: a judgement.
-- needs: handoff_edges
WITH given_back AS (
    SELECT b.trace_id || ':' || b.span_id || CASE WHEN b.is_stated THEN '' ELSE ':arrival' END AS handoff, b.from_step
    FROM handoff_edges AS a
    JOIN handoff_edges AS b ON b.run = a.run AND b.from_agent = a.to_agent AND b.to_agent = a.from_agent
                           AND a.to_step = b.from_step AND NOT b.is_return AND b.rule IN ('agent_switch', 'transfer_attribute')
    JOIN handoff_edges AS c ON c.run = b.run AND c.from_agent = b.to_agent AND c.to_agent = b.from_agent AND c.from_step = b.to_step
                           AND c.rule = b.rule
    WHERE a.rule = b.rule
    QUALIFY row_number() OVER (PARTITION BY handoff ORDER BY a.t0, c.t0) = 1
)

SELECT h.conversation, h.run, h.trace_id, w.span_id, h.from_agent AS validator, h.to_agent AS subject, 'rejected' AS verdict,
       ltrim(left(o.text, 4000), chr(1)) AS reason, 'sent_back' AS rule, h.service_name, h.offered_at AS judged_at
FROM given_back AS b
JOIN new_handoffs AS h USING (handoff)
JOIN work_spans AS w ON w.span = b.from_step
LEFT JOIN step_outputs AS o ON o.step = b.from_step
-- work that goes round without end is a loop, not somebody's judgement
WHERE h.reason IS DISTINCT FROM 'looped'
  AND h.run NOT IN (SELECT r.run FROM work_spans AS v JOIN work_runs AS r USING (trace) WHERE v.operation = 'validate')
