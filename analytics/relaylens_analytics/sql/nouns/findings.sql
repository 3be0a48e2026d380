-- Silent failures and deviations, each with its evidence.
CREATE TABLE IF NOT EXISTS findings (
    finding VARCHAR NOT NULL,
    detector VARCHAR NOT NULL,           -- relaylens.semconv.Detector
    severity VARCHAR NOT NULL,           -- high, medium or low
    conversation VARCHAR NOT NULL,
    run VARCHAR,
    step VARCHAR,
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR,                     -- where it shows
    span_ids VARCHAR[],                  -- all its evidence, as trace_id:span_id
    agent VARCHAR,                       -- where it shows
    blamed_agent VARCHAR,                -- where it began, as far as the evidence goes
    blamed_step VARCHAR,                 -- the turn in which it began, as far as the evidence goes
    certainty VARCHAR NOT NULL,          -- stated, rule or inferred
    score DOUBLE,                        -- of a graded detector, on its own scale; empty where it is yes or no
    message VARCHAR NOT NULL,            -- one sentence
    evidence VARCHAR,                    -- the text that shows it, shortened
    found_at TIMESTAMP                   -- time of the evidence, not of the detection
);
