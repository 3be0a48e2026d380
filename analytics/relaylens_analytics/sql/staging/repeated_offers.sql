-- Handoffs that an agent asked for three times or more in one turn, by the first of them.
-- needs: detector loop | detector repeated_message
-- needs: handoff_candidates
SELECT f.run, f.step, f.agent, arg_min(c.span, (c.t0, c.span)) AS span, any_value(c.target) AS target, count(*) AS times, min(c.t0) AS t0,
       list(w.trace_id || ':' || w.span_id ORDER BY c.t0, c.span) AS span_ids
FROM handoff_candidates AS c
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
WHERE c.rule IN ('transfer_tool', 'model_tool_call', 'transfer_attribute') AND f.step IS NOT NULL AND NOT c.is_explicit_return
  -- where neither was recorded, nothing says that it is the same again
  AND (c.target IS NOT NULL OR c.sent IS NOT NULL)
GROUP BY f.run, f.step, f.agent, c.rule, agent_key(c.target), coalesce(c.sent, '')
HAVING count(*) >= 3
