-- Questions to a person and their answers.
CREATE TABLE IF NOT EXISTS escalations (
    escalation VARCHAR NOT NULL,
    conversation VARCHAR NOT NULL,
    run VARCHAR,
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR,
    agent VARCHAR,                       -- who asks
    service_name VARCHAR,
    state VARCHAR NOT NULL,              -- requested, pending, approved, denied, edited, timed_out or abandoned
    rule VARCHAR NOT NULL,
    tool_name VARCHAR,
    requested_at TIMESTAMP,
    answered_at TIMESTAMP,
    pending_ms DOUBLE,                   -- to the answer; NULL while there is none
    question VARCHAR,                    -- first 4,000 characters
    answer VARCHAR,                      -- first 4,000 characters
    answered_by VARCHAR
);
