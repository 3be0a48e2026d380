-- What was acknowledged and is not among the rows: records rejected within their request, and requests that cannot be applied.
CREATE TABLE IF NOT EXISTS dead_letters (
    batch BIGINT NOT NULL,               -- the journal record it came in, where all of it is
    ordinal INTEGER,                     -- its place in the request, from 0; NULL for a whole request that cannot be applied
    signal VARCHAR NOT NULL,
    received_at TIMESTAMP NOT NULL,      -- UTC, when the request was admitted
    reason VARCHAR NOT NULL,
    trace_id VARCHAR,                    -- hex digits as found, of any length: it may be what is wrong
    span_id VARCHAR,
    name VARCHAR,
    body BLOB,                           -- the record's first bytes: protobuf, or JSON where it came so and is no protobuf
    body_bytes BIGINT NOT NULL           -- size of the whole record
);
