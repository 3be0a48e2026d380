-- How unlike the good runs of its deployment each run is; one row a run that was judged, or could not be for want of history.
CREATE TABLE IF NOT EXISTS suspicions (
    run VARCHAR NOT NULL,
    conversation VARCHAR NOT NULL,
    service_name VARCHAR,                -- the deployment
    history INTEGER NOT NULL,            -- good runs it was compared with, those of one kind counted once
    p_value DOUBLE,                      -- how likely a good run is at least as unusual; NULL: not enough history
    suspicion DOUBLE,                    -- what runs of one deployment are ranked by; greater is less usual
    alarm BOOLEAN NOT NULL,              -- p_value within the alarm budget
    views MAP(VARCHAR, DOUBLE),          -- the same likelihood by each view alone
    steps STRUCT(trace_id VARCHAR, span_id VARCHAR, score DOUBLE)[] -- of a run with an alarm, how unusual each act is, in order of time
);
