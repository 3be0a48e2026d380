-- Which numbers the spans of each batch have (`relaylens.sequence`), as stretches without a gap: what is missing in the record is found
-- among these, which are some thousand times fewer than spans.
CREATE TABLE IF NOT EXISTS number_ranges (
    batch BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,            -- its place among the stretches of the batch
    resource UUID NOT NULL,              -- which names the process
    service_name VARCHAR,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    spans BIGINT NOT NULL,               -- more than numbers, where a number came twice
    first_started_at TIMESTAMP,          -- the earliest of the spans
    last_started_at TIMESTAMP,           -- the latest
    reached_at TIMESTAMP                 -- when the span with the last number began
);
