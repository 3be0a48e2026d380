-- The runs with handoffs in which what was said is compared: something said may hold a value, or an agent asked another one.
-- needs: handoff_edges
-- needs: detector dropped_entity | detector invented_entity | detector duplicated_work | detector contradiction | detector ignored_peer
WITH valued AS (
    SELECT run FROM reply_texts WHERE may_hold_values(text)
    UNION ALL
    SELECT f.run FROM work_tools AS t JOIN work_facts AS f USING (span) WHERE may_hold_values(t.arguments) OR may_hold_values(t.result)
    UNION ALL
    SELECT f.run FROM unshown_calls AS c JOIN work_facts AS f USING (span) WHERE may_hold_values(c.call_arguments)
    UNION ALL
    -- a cell that refers to texts elsewhere has the numbers of these, and they are not looked at here
    SELECT s.run
    FROM step_inputs AS i
    JOIN work_steps AS s USING (step)
    WHERE may_hold_values(i.text) OR i.text IS NULL AND may_hold_values(i.cell)
    UNION ALL
    SELECT s.run FROM step_outputs AS o JOIN work_steps AS s USING (step) WHERE may_hold_values(o.text)
    UNION ALL
    SELECT run FROM handoff_edges WHERE may_hold_values(received) OR may_hold_values(sent)
    UNION ALL
    SELECT r.run
    FROM work_spans AS w
    JOIN work_runs AS r USING (trace)
    LEFT JOIN work_texts AS x ON x.cell = w.input
    WHERE w.parent_span_id IS NULL AND (may_hold_values(x.text) OR x.cell IS NULL AND may_hold_values(w.input))
    UNION ALL
    SELECT run FROM asked_peers
)

SELECT DISTINCT run FROM handoff_edges SEMI JOIN valued USING (run) WHERE from_step IS NOT NULL AND to_step IS NOT NULL AND NOT is_return
