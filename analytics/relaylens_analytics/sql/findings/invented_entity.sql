-- A handoff brought in an identifier, a number, a name or a quotation that nobody had said: beside what the sender had, or in its place.
-- id: H2
-- layer: agents
-- reads: content
-- on: yes
-- exempt: values in the target's own instructions, which stand beside nothing that the sender had
-- exempt: names and quotations that stand in nobody's place, that nobody goes on with, or that say who the agents are
-- exempt: what was sent and received as stated, which is context_lost
-- needs: altered_values | replaced_words
WITH altered AS (
    SELECT edge, kind, value FROM altered_values
    UNION
    SELECT edge, 'invented', value FROM replaced_words
    UNION
    SELECT edge, 'dropped', instead_of FROM replaced_words
)

SELECT 'invented_entity' AS detector, 'high' AS severity, e.run, w.trace_id, w.span_id,
       [w.trace_id || ':' || w.span_id, t.trace_id || ':' || t.span_id] AS span_ids,
       e.to_agent AS agent, e.from_agent AS blamed_agent, f.trace_id || ':' || f.span_id AS blamed_step, 'rule' AS certainty,
       'What ' || e.from_agent || ' handed to ' || e.to_agent || ' says ' || string_agg(a.value, ', ' ORDER BY a.value) FILTER (WHERE a.kind = 'invented')
           || coalesce(' where it had ' || string_agg(a.value, ', ' ORDER BY a.value) FILTER (WHERE a.kind = 'dropped'), ', which nobody had named') AS message,
       string_agg(a.value, ', ' ORDER BY a.value) FILTER (WHERE a.kind = 'invented') AS evidence, e.t0 AS found_at
FROM altered AS a
JOIN handoff_edges AS e USING (edge)
JOIN work_spans AS w ON w.span = e.span
JOIN work_spans AS t ON t.span = e.to_step
JOIN work_spans AS f ON f.span = e.from_step
WHERE NOT EXISTS (SELECT 1 FROM handoff_contents AS x WHERE x.edge = a.edge AND x.is_lost)
GROUP BY e.edge, e.run, e.from_agent, e.to_agent, e.t0, w.trace_id, w.span_id, t.trace_id, t.span_id, f.trace_id, f.span_id
HAVING bool_or(a.kind = 'invented')
