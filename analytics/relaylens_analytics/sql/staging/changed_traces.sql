-- The traces with spans, logs or a labelled outcome in batches that are not settled yet.
CREATE OR REPLACE TEMP TABLE changed_traces AS
SELECT trace_id, min(batch) AS first_batch FROM (
    SELECT trace_id, batch FROM spans WHERE batch > $settled AND batch <= $upto
    UNION ALL
    SELECT l.trace_id, c.first_batch
    FROM logs AS l
    JOIN conversation_traces AS c USING (trace_id)
    WHERE l.batch > $settled AND l.batch <= $upto
    UNION ALL
    SELECT r.trace_id, c.first_batch
    FROM labels AS l
    JOIN runs AS r ON r.run = l.run OR r.trace_id = l.trace_id
    JOIN conversation_traces AS c ON c.trace_id = r.trace_id
    WHERE l.batch > $settled AND l.batch <= $upto AND l.name = 'outcome'
)
GROUP BY trace_id;
