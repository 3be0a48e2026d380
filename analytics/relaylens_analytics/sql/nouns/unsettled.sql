-- Batches that settling put aside, since one alone needs more memory than the database has; they are tried again under another limit.
CREATE TABLE IF NOT EXISTS unsettled (
    batch BIGINT NOT NULL,
    spans BIGINT NOT NULL,
    memory_limit VARCHAR NOT NULL,       -- of the database when it was tried
    reason VARCHAR NOT NULL,             -- what DuckDB said
    put_aside_at TIMESTAMP NOT NULL
);
