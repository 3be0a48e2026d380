-- Which conversation each trace belongs to, and why.
CREATE TABLE IF NOT EXISTS conversation_traces (
    trace_id VARCHAR NOT NULL,
    conversation VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,               -- session, framework, link, call or trace
    first_batch BIGINT NOT NULL          -- the first journal record with a span of the trace
);
