-- Which stored rows are the spans of the affected traces: of several versions of one span, the most complete.
CREATE OR REPLACE TEMP TABLE work_rows AS
SELECT s.rowid AS row_id
FROM spans AS s
SEMI JOIN affected_traces USING (trace_id)
WHERE s.batch >= (SELECT coalesce(min(first_batch), 0) FROM affected_traces)
QUALIFY row_number() OVER (
    PARTITION BY s.trace_id, s.span_id
    ORDER BY s.end_time_unix_nano DESC, cardinality(s.attributes) DESC, s.start_time_unix_nano DESC, hash(s.attributes)
) = 1;
