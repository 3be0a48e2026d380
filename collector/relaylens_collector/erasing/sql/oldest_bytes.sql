-- Before which moment did the oldest requests come that are so many bytes together, of what may go?
-- $bytes.
SELECT max(received_at) + INTERVAL 1 MICROSECOND
FROM (
    SELECT received_at, sum(body_bytes) OVER (ORDER BY batch) - body_bytes AS older
    FROM batches
    WHERE signal <> 'operations' AND batch NOT IN (SELECT batch FROM held_rows)
)
WHERE older < $bytes;
