-- What each span is in the network; joined to `spans` on batch and ordinal: of a span that came twice, the more complete one.
CREATE TABLE IF NOT EXISTS span_facts (
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR NOT NULL,
    conversation VARCHAR NOT NULL,
    run VARCHAR,
    step VARCHAR,
    agent VARCHAR,
    agent_rule VARCHAR,
    span_class VARCHAR NOT NULL,         -- relaylens.semconv.SpanClass
    class_rule VARCHAR NOT NULL,
    tool_name VARCHAR,                   -- normalised name of the tool, for tool and handoff spans
    tool_arguments VARCHAR,              -- cell
    tool_result VARCHAR,                 -- cell
    is_error BOOLEAN NOT NULL,           -- failed, control flow apart
    error_type VARCHAR,
    is_control_flow BOOLEAN NOT NULL,    -- ended by an exception that only steers the framework
    is_soft_error BOOLEAN NOT NULL,      -- failed without any error on a span
    is_leaf_llm BOOLEAN NOT NULL,        -- a model call with no model call below it: tokens are counted here only
    model VARCHAR,
    input_tokens BIGINT,                 -- on leaf model calls
    output_tokens BIGINT,
    cost_usd DOUBLE,
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    duration_ms DOUBLE,
    service_name VARCHAR,
    batch BIGINT NOT NULL,               -- with ordinal the row of `spans`: batches lie together there, so that few of its blocks are read
    ordinal INTEGER NOT NULL,
    parent_held BOOLEAN,                 -- its parent is in the store; NULL for a root
    is_whole BOOLEAN NOT NULL,           -- nothing of it was dropped on the way here
    is_numbered BOOLEAN NOT NULL         -- its process gave it a number (relaylens.sequence)
);
