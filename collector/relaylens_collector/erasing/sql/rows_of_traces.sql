-- Which rows belong to the traces that are to go, by batch, and is that all of the batch? Held ones are counted and left out.
WITH wanted AS (
    SELECT batch, ordinal FROM spans WHERE trace_id IN (FROM wanted_traces)
    UNION ALL
    SELECT batch, ordinal FROM logs WHERE trace_id IN (FROM wanted_traces)
    UNION ALL
    SELECT batch, 0 FROM labels WHERE trace_id IN (FROM wanted_traces) OR run IN (FROM wanted_runs)
)

SELECT
    w.batch,
    list(w.ordinal ORDER BY w.ordinal) FILTER (WHERE h.batch IS NULL) AS places,
    count(*) FILTER (WHERE h.batch IS NULL) = any_value(b.rows_stored) AND any_value(b.rows_rejected) = 0 AS is_all,
    count(h.batch) AS held
FROM wanted AS w
JOIN batches AS b USING (batch)
LEFT JOIN held_rows AS h ON h.batch = w.batch AND h.ordinal = w.ordinal
GROUP BY w.batch
ORDER BY w.batch;
