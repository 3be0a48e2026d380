-- Tool calls that an agent made often with the same arguments and the same result, by the first of them.
-- needs: frequent_contents
WITH repeated AS (
    SELECT f.run, f.agent, t.tool_key, t.arguments, t.result, count(*) AS times, arg_min(t.span, (t.t0, t.span)) AS span,
           list(t.span ORDER BY t.t0, t.span) AS spans, min(t.t0) AS t0
    FROM work_tools AS t
    JOIN work_facts AS f USING (span)
    WHERE hash(t.arguments, t.result) IN (SELECT content FROM frequent_contents)
      AND t.arguments IS NOT NULL AND t.result IS NOT NULL AND t.span NOT IN (SELECT span FROM handoff_candidates)
    GROUP BY f.run, f.agent, t.tool_key, t.arguments, t.result
    HAVING count(*) >= getvariable('loop_least_times')
),

members AS (
    SELECT m.span, list(w.trace_id || ':' || w.span_id ORDER BY m.place) AS span_ids
    FROM (SELECT span, unnest(spans) AS member, generate_subscripts(spans, 1) AS place FROM repeated) AS m
    JOIN work_spans AS w ON w.span = m.member
    GROUP BY m.span
)

SELECT r.* EXCLUDE (spans), m.span_ids
FROM repeated AS r
JOIN members AS m USING (span)
