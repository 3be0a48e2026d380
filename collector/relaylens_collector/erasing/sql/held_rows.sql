-- Every row that is held: spans and logs by their trace, all else by when it came or, a label, by what it is about.
CREATE OR REPLACE TEMP TABLE held_rows AS
SELECT batch, ordinal FROM spans WHERE trace_id IN (FROM held_traces)
UNION ALL
SELECT batch, ordinal FROM logs WHERE trace_id IN (FROM held_traces) OR batch IN (FROM held_batches)
UNION ALL
SELECT batch, ordinal FROM metric_points WHERE batch IN (FROM held_batches)
UNION ALL
SELECT batch, 0 FROM labels WHERE trace_id IN (FROM held_traces) OR run IN (FROM held_runs) OR batch IN (FROM held_batches);
