-- The same call gave another result, though nothing was changed in between.
-- id: G5
-- layer: run
-- reads: content
-- on: no
-- exempt: a result that says that the work is still going on
-- exempt: calls with a change between them that worked
-- needs: called_tools
WITH placed AS (
    SELECT *, count(*) FILTER (WHERE is_write AND worked) OVER (PARTITION BY run ORDER BY t0, span) AS changes,
           lag(result) OVER again AS previous, lag(span) OVER again AS previous_span
    FROM called_tools
    WHERE arguments IS NOT NULL AND worked
    WINDOW again AS (PARTITION BY run, call ORDER BY t0, span)
)

SELECT 'unstable_result' AS detector, 'low' AS severity, n.run, w.trace_id, w.span_id,
       [p.trace_id || ':' || p.span_id, w.trace_id || ':' || w.span_id] AS span_ids, n.agent, n.agent AS blamed_agent, 'rule' AS certainty,
       'The tool ' || n.tool_key || ' answered the same call with another result' AS message,
       left(n.previous, 240) || ' | ' || left(n.result, 240) AS evidence, n.t1 AS found_at
FROM placed AS n
JOIN placed AS o ON o.span = n.previous_span
JOIN work_spans AS w ON w.span = n.span
JOIN work_spans AS p ON p.span = n.previous_span
WHERE n.previous <> n.result AND n.changes = o.changes AND NOT n.is_write AND NOT is_still_going_on(n.previous)
