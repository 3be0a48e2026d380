-- A validator's judgement about another agent's work.
CREATE TABLE IF NOT EXISTS validations (
    conversation VARCHAR NOT NULL,
    run VARCHAR,
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR,
    validator VARCHAR,
    subject VARCHAR,                     -- the agent whose work was judged
    verdict VARCHAR NOT NULL,            -- passed or rejected
    reason VARCHAR,                      -- cell
    rule VARCHAR NOT NULL,
    service_name VARCHAR,
    judged_at TIMESTAMP
);
