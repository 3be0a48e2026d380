-- Work passed from an agent to an agent or a person.
CREATE TABLE IF NOT EXISTS handoffs (
    handoff VARCHAR NOT NULL,
    conversation VARCHAR NOT NULL,
    run VARCHAR,
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR,                     -- the span that shows the offer
    position INTEGER NOT NULL,           -- 1 for the run's first handoff, by time
    from_agent VARCHAR NOT NULL,
    to_agent VARCHAR,                    -- NULL when it cannot be known
    target_type VARCHAR NOT NULL,        -- agent or human
    mode VARCHAR NOT NULL,               -- pass_control or return_to_caller
    is_return BOOLEAN NOT NULL,          -- control going back to the caller; not counted as a handoff
    state VARCHAR NOT NULL,              -- offered, accepted, progressed or closed
    ok BOOLEAN NOT NULL,                 -- the target exists and got the work
    succeeded BOOLEAN NOT NULL,          -- ok, and the work was not refused, bounced, looped, failed or lost: the success rate counts this
    reason VARCHAR,                      -- why it did not succeed (HandoffReason)
    rule VARCHAR NOT NULL,               -- the rule that found it: its grade of evidence
    service_name VARCHAR,
    offered_at TIMESTAMP,
    accepted_at TIMESTAMP,               -- the target began
    progressed_at TIMESTAMP,             -- the target did its first useful step
    closed_at TIMESTAMP,                 -- its result was used, or control came back
    wait_ms DOUBLE,                      -- offered to accepted
    from_step VARCHAR,
    to_step VARCHAR,
    sent VARCHAR,                        -- what was sent along, first 4,000 characters
    received VARCHAR                     -- what the target got, first 4,000 characters
);
