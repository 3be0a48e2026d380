-- One row per applied journal record; written in the same transaction as its rows, so that replay is exact.
CREATE TABLE IF NOT EXISTS batches (
    batch BIGINT NOT NULL,               -- the journal's sequence number
    signal VARCHAR NOT NULL,             -- traces, logs, metrics or labels
    received_at TIMESTAMP NOT NULL,      -- UTC, when the request was admitted
    body_bytes BIGINT NOT NULL,          -- size of the request as journalled
    request_hash BLOB NOT NULL,          -- SHA-256 of signal and body: a resent request is recognised by it
    rows_stored INTEGER NOT NULL,        -- spans, log records or metrics stored
    erased_by BIGINT,                    -- the operation by which something of it was erased, the latest
    content_erased BOOLEAN NOT NULL,     -- its texts were erased
    rows_rejected INTEGER NOT NULL       -- refused in partial success, such as spans with a bad id
);
