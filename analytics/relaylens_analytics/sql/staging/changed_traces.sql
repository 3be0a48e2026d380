-- The traces with spans or logs in batches that are not settled yet.
CREATE OR REPLACE TEMP TABLE changed_traces AS
SELECT trace_id, min(batch) AS first_batch FROM (
    SELECT trace_id, batch FROM spans WHERE batch > $settled AND batch <= $upto
    UNION ALL
    SELECT trace_id, batch FROM logs WHERE batch > $settled AND batch <= $upto AND trace_id IN (SELECT trace_id FROM conversation_traces)
)
GROUP BY trace_id;
