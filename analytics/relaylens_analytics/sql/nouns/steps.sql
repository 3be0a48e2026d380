-- One agent's turn within a run.
CREATE TABLE IF NOT EXISTS steps (
    step VARCHAR NOT NULL,               -- trace_id:span_id of the span that opens the turn
    run VARCHAR NOT NULL,
    conversation VARCHAR NOT NULL,
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR NOT NULL,
    position INTEGER NOT NULL,           -- 1 for the run's first step, by start
    parent_step VARCHAR,                 -- the step that called this one, if nested
    agent VARCHAR NOT NULL,
    agent_rule VARCHAR NOT NULL,         -- the rule that named the agent
    agent_version VARCHAR,
    service_name VARCHAR,
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    duration_ms DOUBLE,
    outcome VARCHAR NOT NULL,            -- completed, failed, escalated (paused for a person), abandoned or running
    outcome_evidence VARCHAR NOT NULL,
    outcome_rule VARCHAR NOT NULL,
    model VARCHAR,                       -- of its last model call
    model_calls INTEGER NOT NULL,
    tool_calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    soft_errors INTEGER NOT NULL,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost_usd DOUBLE,
    input VARCHAR,                       -- cell (text_of): what the agent was given
    output VARCHAR,                      -- cell: what it produced
    has_input BOOLEAN NOT NULL,
    has_output BOOLEAN NOT NULL,         -- present, even if empty
    empty_output BOOLEAN NOT NULL        -- present and without content
);
