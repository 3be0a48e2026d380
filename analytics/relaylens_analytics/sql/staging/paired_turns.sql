-- Pairs of agents between which control went three times each way in a run, and of whose turns most have no words recorded.
-- needs: repeated_turns
-- needs: handoff_edges
-- needs: detector ping_pong
SELECT e.run, e.service_name, least(e.from_agent, e.to_agent) AS a, greatest(e.from_agent, e.to_agent) AS b, count(*) AS times, min(e.t0) AS t0,
       arg_min(e.from_agent, e.t0) AS agent, arg_min(e.from_step, e.t0) AS step, list(e.trace_id || ':' || e.span_id ORDER BY e.t0) AS span_ids
FROM handoff_edges AS e
LEFT JOIN step_outputs AS o ON o.step = e.to_step
WHERE e.to_step IS NOT NULL AND e.from_step IS NOT NULL AND e.rule <> 'nested_agent'
GROUP BY e.run, e.service_name, least(e.from_agent, e.to_agent), greatest(e.from_agent, e.to_agent)
HAVING least(count(*) FILTER (WHERE e.from_agent < e.to_agent), count(*) FILTER (WHERE e.from_agent > e.to_agent)) >= getvariable('ping_pong_least_returns')
   AND count(*) FILTER (WHERE trim(o.text) <> '') * 3 <= count(*)
