-- The keys by which a trace belongs with others; traces that share a key are one conversation.
CREATE TABLE IF NOT EXISTS trace_keys (
    trace_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    rule VARCHAR NOT NULL                -- session, framework, link or call
);
