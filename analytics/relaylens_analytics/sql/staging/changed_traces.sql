-- The traces with spans, logs or a labelled outcome in batches that are not settled yet, and the first batch of each; and those that
-- lost something by an operation.
WITH changes AS (
    SELECT trace_id, batch FROM spans WHERE batch > getvariable('settled') AND batch <= getvariable('upto')
    UNION ALL
    SELECT s.trace_id, s.batch
    FROM spans AS s
    WHERE s.batch <= getvariable('upto')
      AND s.trace_id IN (SELECT e.trace_id FROM erased_traces AS e WHERE e.batch <= getvariable('upto'))
    UNION ALL
    SELECT l.trace_id, c.first_batch
    FROM logs AS l
    JOIN conversation_traces AS c USING (trace_id)
    WHERE l.batch > getvariable('settled') AND l.batch <= getvariable('upto')
    UNION ALL
    SELECT r.trace_id, c.first_batch
    FROM labels AS l
    JOIN runs AS r ON r.run = l.run OR r.trace_id = l.trace_id
    JOIN conversation_traces AS c ON c.trace_id = r.trace_id
    WHERE l.batch > getvariable('settled') AND l.batch <= getvariable('upto') AND l.name = 'outcome'
),

changed AS (
    SELECT trace_id, min(batch) AS batch FROM changes GROUP BY trace_id
)

SELECT n.trace_id, least(n.batch, coalesce(c.first_batch, n.batch)) AS first_batch, c.trace_id IS NOT NULL AS is_known
FROM changed AS n
LEFT JOIN conversation_traces AS c USING (trace_id)
