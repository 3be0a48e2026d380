-- A handoff changed an identifier or a number: where the sender had one, the target was given another that nobody had said before.
-- needs: altered_values
SELECT 'invented_entity' AS detector, 'high' AS severity, e.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id, t.trace_id || ':' || t.span_id] AS span_ids,
       e.to_agent AS agent, e.from_agent AS blamed_agent, 'rule' AS certainty,
       'What ' || e.from_agent || ' handed to ' || e.to_agent || ' says ' || min(a.value) || ' where ' || min_by(a.instead, a.value) || ' was known' AS message,
       string_agg(DISTINCT a.value || ' for ' || a.instead, ', ') AS evidence, e.t0 AS found_at
FROM altered_values AS a
JOIN edge_talk AS e USING (edge)
JOIN work_spans AS w ON w.span = e.span
JOIN work_spans AS t ON t.span = e.to_step
WHERE a.kind = 'swapped'
GROUP BY e.edge, e.run, e.from_agent, e.to_agent, e.t0, w.trace_id, w.span_id, t.trace_id, t.span_id
