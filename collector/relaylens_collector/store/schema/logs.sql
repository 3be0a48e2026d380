-- Every log record as received; in some frameworks prompts and answers are log events.
CREATE TABLE IF NOT EXISTS logs (
    batch BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    trace_id VARCHAR,
    span_id VARCHAR,
    time_unix_nano UBIGINT,
    observed_time_unix_nano UBIGINT,
    logged_at TIMESTAMP,                 -- UTC, of time or else of observed time
    severity_number INTEGER,
    severity_text VARCHAR,
    event_name VARCHAR,
    body VARCHAR,                        -- cell
    body_type VARCHAR,                   -- one letter, as in spans.attribute_types
    attributes MAP(VARCHAR, VARCHAR),
    attribute_types VARCHAR,
    dropped_attributes_count UINTEGER,
    flags UINTEGER,
    resource UUID NOT NULL,
    scope UUID NOT NULL,
    service_name VARCHAR
);
