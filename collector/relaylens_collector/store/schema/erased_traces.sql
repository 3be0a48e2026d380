-- Traces that lost spans or logs by an operation and are to be settled again; emptied when they are.
CREATE TABLE IF NOT EXISTS erased_traces (
    batch BIGINT NOT NULL,               -- the operation
    trace_id VARCHAR NOT NULL
);
