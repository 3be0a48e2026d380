-- Which batches of the signals came before a moment, what of each is held, and what not?
-- $signals, $before.
WITH old AS (
    SELECT batch, signal, rows_stored FROM batches
    WHERE signal IN (SELECT unnest($signals)) AND received_at < $before AND (rows_stored > 0 OR (rows_rejected > 0 AND erased_by IS NULL))
),

stored AS (
    SELECT batch, ordinal FROM spans WHERE batch IN (SELECT batch FROM old)
    UNION ALL
    SELECT batch, ordinal FROM logs WHERE batch IN (SELECT batch FROM old)
    UNION ALL
    SELECT batch, ordinal FROM metric_points WHERE batch IN (SELECT batch FROM old)
    UNION ALL
    SELECT batch, 0 FROM labels WHERE batch IN (SELECT batch FROM old)
)

SELECT
    old.batch,
    list(s.ordinal ORDER BY s.ordinal) FILTER (WHERE s.ordinal IS NOT NULL AND h.batch IS NULL) AS places,
    count(h.batch) = 0 AS is_all,
    count(h.batch) AS held
FROM old
LEFT JOIN stored AS s ON s.batch = old.batch
LEFT JOIN held_rows AS h ON h.batch = s.batch AND h.ordinal = s.ordinal
GROUP BY old.batch
ORDER BY old.batch;
