-- The traces that holds name by what is in spans: themselves, their session, or when they were.
-- $traces, $conversations: their ids. $windows: since and until of each.
SELECT unnest($traces::VARCHAR[]) AS trace_id
UNION
SELECT trace_id FROM spans WHERE session_id IN (SELECT unnest($conversations::VARCHAR[]))
UNION
SELECT s.trace_id
FROM spans AS s
JOIN batches AS b USING (batch)
JOIN (SELECT unnest($windows::STRUCT(since TIMESTAMP, until TIMESTAMP)[], recursive := true)) AS w
    ON (b.received_at >= w.since AND b.received_at < w.until) OR (s.started_at >= w.since AND s.started_at < w.until);
