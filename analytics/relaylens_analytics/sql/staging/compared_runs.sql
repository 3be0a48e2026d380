-- The runs with handoffs in which what was said is compared: something said may hold a value, or an agent asked another one.
-- needs: handoff_edges
-- needs: detector dropped_entity | detector invented_entity | detector duplicated_work | detector contradiction | detector ignored_peer
WITH texts AS (
    SELECT run, text FROM reply_texts
    UNION ALL
    SELECT f.run, t.arguments FROM work_tools AS t JOIN work_facts AS f USING (span)
    UNION ALL
    SELECT f.run, t.result FROM work_tools AS t JOIN work_facts AS f USING (span)
    UNION ALL
    SELECT f.run, c.call_arguments FROM unshown_calls AS c JOIN work_facts AS f USING (span)
    UNION ALL
    SELECT s.run, i.text FROM step_inputs AS i JOIN work_steps AS s USING (step)
    UNION ALL
    -- a cell that refers to texts elsewhere is made of their numbers: these are not looked at here
    SELECT s.run, i.cell FROM step_inputs AS i JOIN work_steps AS s USING (step) WHERE i.text IS NULL
    UNION ALL
    SELECT s.run, o.text FROM step_outputs AS o JOIN work_steps AS s USING (step)
    UNION ALL
    SELECT run, received FROM handoff_edges
    UNION ALL
    SELECT run, sent FROM handoff_edges
    UNION ALL
    SELECT r.run, coalesce(x.text, w.input)
    FROM work_spans AS w
    JOIN work_runs AS r USING (trace)
    LEFT JOIN work_texts AS x ON x.cell = w.input
    WHERE w.parent_span_id IS NULL
),

looked_at AS (
    SELECT run FROM texts WHERE may_hold_values(text)
    UNION ALL
    SELECT run FROM asked_peers
)

SELECT DISTINCT run FROM handoff_edges SEMI JOIN looked_at USING (run) WHERE from_step IS NOT NULL AND to_step IS NOT NULL AND NOT is_return
