-- Stores the findings that the detector makes of `unusual_runs`.
INSERT INTO findings BY NAME
SELECT f.detector || ':' || f.trace_id || ':' || f.span_id AS finding, f.* EXCLUDE (found_at), u.conversation, u.step,
       make_timestamp(f.found_at // 1000) AS found_at
FROM found_unusual AS f
JOIN unusual_runs AS u USING (run)
