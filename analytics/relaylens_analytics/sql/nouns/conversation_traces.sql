-- Which traces belong together, and why.
CREATE TABLE IF NOT EXISTS conversation_traces (
    trace_id VARCHAR NOT NULL,
    conversation VARCHAR NOT NULL,
    join_keys VARCHAR[] NOT NULL,        -- every key the trace offers, such as session:<id>; traces that share one belong together
    rule VARCHAR NOT NULL                -- session, link, framework_id or trace
);
