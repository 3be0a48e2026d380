-- One piece of work asked of the network, from request to answer.
CREATE TABLE IF NOT EXISTS runs (
    run VARCHAR NOT NULL,                -- relaylens.run.id where stated, else the id of the run's first trace
    conversation VARCHAR NOT NULL,
    trace_id VARCHAR NOT NULL,           -- the first trace of the run
    traces INTEGER NOT NULL,
    service_name VARCHAR,
    name VARCHAR,                        -- workflow or root span
    user_id VARCHAR,
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    duration_ms DOUBLE,                  -- end minus start, waiting for people included
    work_ms DOUBLE,                      -- time in which at least one model or tool call ran
    wait_ms DOUBLE,                      -- the rest
    outcome VARCHAR NOT NULL,            -- completed, failed, escalated, abandoned or running
    outcome_evidence VARCHAR NOT NULL,   -- stated, graded, rule or inferred
    outcome_rule VARCHAR NOT NULL,       -- the rule that decided
    outcome_reason VARCHAR,
    first_agent VARCHAR,
    last_agent VARCHAR,
    agents INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    handoffs INTEGER NOT NULL,           -- without returns
    handoffs_failed INTEGER NOT NULL,    -- not succeeded
    escalations INTEGER NOT NULL,
    model_calls INTEGER NOT NULL,
    tool_calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,             -- spans that failed, control flow apart
    soft_errors INTEGER NOT NULL,        -- failures that no span reports
    retries INTEGER NOT NULL,            -- the same call again after a failure
    rework INTEGER NOT NULL,             -- sent back by a validator
    findings INTEGER NOT NULL,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost_usd DOUBLE,                     -- NULL when no price is known for a model used
    input_preview VARCHAR USING COMPRESSION zstd,  -- first 500 characters of what was asked
    output_preview VARCHAR USING COMPRESSION zstd, -- first 500 characters of what was answered
    spans INTEGER NOT NULL
);
