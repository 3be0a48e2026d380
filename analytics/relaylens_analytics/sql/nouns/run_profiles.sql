-- What each run looks like in figures and acts, to be compared with other runs of its deployment.
CREATE TABLE IF NOT EXISTS run_profiles (
    run VARCHAR NOT NULL,
    conversation VARCHAR NOT NULL,
    service_name VARCHAR,                -- the deployment: runs are compared within it only
    agent_versions VARCHAR[],            -- agent and version of each agent that states one
    started_at TIMESTAMP,
    features MAP(VARCHAR, FLOAT) NOT NULL, -- such as `tool calls`, `result length of search`; absent where there is nothing to measure
    acts STRUCT(
        trace_id VARCHAR,
        span_id VARCHAR,                 -- its evidence
        kind VARCHAR,                    -- turn, answer or tool
        name VARCHAR,                    -- the tool, or the agent whose turn begins
        agent VARCHAR,                   -- who did it
        length BIGINT,                   -- characters of the answer or the result
        form VARCHAR,                    -- how a tool's result begins, words written as a and figures as 9
        arguments_form VARCHAR,          -- the same of its arguments
        is_error BOOLEAN
    )[] NOT NULL                         -- in order of time
);
