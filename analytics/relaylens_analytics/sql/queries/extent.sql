-- What does the store hold, and of which time?
SELECT
    (SELECT count(*) FROM spans) AS spans,
    (SELECT count(*) FROM logs) AS logs,
    (SELECT count(*) FROM conversations) AS conversations,
    (SELECT count(*) FROM runs) AS runs,
    (SELECT count(*) FROM handoffs WHERE NOT is_return) AS handoffs,
    (SELECT count(*) FROM escalations) AS escalations,
    (SELECT count(*) FROM findings) AS findings,
    (SELECT count(DISTINCT agent) FROM agents) AS agents,
    (SELECT min(started_at) FROM runs) AS first_started_at,
    (SELECT max(started_at) FROM runs) AS last_started_at,
    (SELECT max(received_at) FROM batches) AS last_received_at,
    (SELECT coalesce(sum(body_bytes), 0)::BIGINT FROM batches) AS body_bytes,
    (SELECT count(*) FROM batches WHERE batch > (SELECT coalesce(max(batch), 0) FROM settled)) AS batches_to_settle
