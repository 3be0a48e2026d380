-- The batches that came within a window that is held.
-- $windows: since and until of each.
SELECT b.batch
FROM batches AS b
JOIN (SELECT unnest($windows::STRUCT(since TIMESTAMP, until TIMESTAMP)[], recursive := true)) AS w
    ON b.received_at >= w.since AND b.received_at < w.until;
