-- What a person or program said of a run, step or answer while it was recorded.
CREATE TABLE IF NOT EXISTS feedback (
    conversation VARCHAR NOT NULL,
    run VARCHAR,
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR,
    agent VARCHAR,
    name VARCHAR NOT NULL,
    value VARCHAR,
    score DOUBLE,
    source VARCHAR,
    comment VARCHAR,
    service_name VARCHAR,
    given_at TIMESTAMP
);
