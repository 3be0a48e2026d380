-- A handoff lost an identifier or a number: what the sender had was passed on without it, and it is nowhere in the target's work.
-- id: H1
-- layer: agents
-- reads: content
-- on: yes
-- exempt: a value beside which nothing was passed on, and one of several of its kind: work was divided
-- exempt: what was sent and received as stated, which is context_lost
-- needs: altered_values
SELECT 'dropped_entity' AS detector, 'high' AS severity, e.run, w.trace_id, w.span_id,
       [w.trace_id || ':' || w.span_id, t.trace_id || ':' || t.span_id] AS span_ids,
       e.to_agent AS agent, e.from_agent AS blamed_agent, f.trace_id || ':' || f.span_id AS blamed_step, 'rule' AS certainty,
       'What ' || e.from_agent || ' handed to ' || e.to_agent || ' lacks ' || string_agg(a.value, ', ' ORDER BY a.value) AS message,
       string_agg(a.value, ', ' ORDER BY a.value) AS evidence, e.t0 AS found_at
FROM altered_values AS a
JOIN edge_talk AS e USING (edge)
JOIN work_spans AS w ON w.span = e.span
JOIN work_spans AS t ON t.span = e.to_step
JOIN work_spans AS f ON f.span = e.from_step
WHERE a.kind = 'dropped'
  AND NOT EXISTS (SELECT 1 FROM altered_values AS b WHERE b.edge = a.edge AND b.kind = 'invented')
  AND NOT EXISTS (SELECT 1 FROM handoff_contents AS x WHERE x.edge = a.edge AND x.is_lost)
GROUP BY e.edge, e.run, e.from_agent, e.to_agent, e.t0, w.trace_id, w.span_id, t.trace_id, t.span_id, f.trace_id, f.span_id
