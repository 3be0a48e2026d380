-- One round of adding the traces that share a key with the affected ones; answers how many were added.
INSERT INTO affected_traces
SELECT n.trace_id, min(n.first_batch)
FROM (
    SELECT o.trace_id, c.first_batch
    FROM affected_traces AS a
    JOIN trace_keys AS k USING (trace_id)
    JOIN trace_keys AS o ON o.key = k.key
    JOIN conversation_traces AS c ON c.trace_id = o.trace_id
    UNION ALL
    SELECT c.trace_id, c.first_batch
    FROM affected_traces AS a
    JOIN trace_keys AS k USING (trace_id)
    JOIN conversation_traces AS c ON k.key = 'trace:' || c.trace_id
    UNION ALL
    SELECT c.trace_id, c.first_batch
    FROM affected_traces AS a
    JOIN trace_keys AS k ON k.key = 'trace:' || a.trace_id
    JOIN conversation_traces AS c ON c.trace_id = k.trace_id
) AS n
WHERE n.trace_id NOT IN (SELECT trace_id FROM affected_traces)
GROUP BY n.trace_id;
