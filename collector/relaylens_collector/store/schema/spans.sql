-- Every span as received, loss-free, with the concepts found in its attributes beside it.
--
-- A *cell* is how text is kept: the text itself, or, for a long one, char 1 and a comma-separated list of text_id whose texts
-- joined give it back (`text_of(cell)`). A text that itself begins with char 1 is always kept by reference, so a cell cannot be forged.
CREATE TABLE IF NOT EXISTS spans (
    batch BIGINT NOT NULL,               -- the journal record it came in
    ordinal INTEGER NOT NULL,            -- its place in the request, from 0
    trace_id VARCHAR NOT NULL,           -- 32 lower-case hex digits
    span_id VARCHAR NOT NULL,            -- 16 lower-case hex digits
    parent_span_id VARCHAR,              -- as sent; NULL for a root (none or all zero)
    trace_state VARCHAR,
    flags UINTEGER,
    name VARCHAR,                        -- cell
    kind INTEGER,
    start_time_unix_nano UBIGINT,
    end_time_unix_nano UBIGINT,
    started_at TIMESTAMP,                -- UTC; NULL when the nanoseconds are 0: not known
    ended_at TIMESTAMP,
    status_code INTEGER,
    status_message VARCHAR,              -- cell
    attributes MAP(VARCHAR, VARCHAR),    -- cells; of repeated keys the last wins, as in OpenTelemetry's SDKs
    attribute_types VARCHAR,             -- a letter per attribute in the map's order: s(text) b(true or false) i(integer) d(double)
                                         -- x(bytes, as base64) a k(array, kvlist, as JSON) e(empty) A K(array, kvlist, as OTLP JSON:
                                         -- plain JSON would lose bytes, a non-finite number or a repeated key) p(array or kvlist as
                                         -- the base64 of its AnyValue's protobuf bytes: too deep, too large or not valid inside)
    dropped_attributes_count UINTEGER,
    events STRUCT(time_unix_nano UBIGINT, name VARCHAR, attributes MAP(VARCHAR, VARCHAR), attribute_types VARCHAR,
                  dropped_attributes_count UINTEGER)[],
    dropped_events_count UINTEGER,
    links STRUCT(trace_id VARCHAR, span_id VARCHAR, trace_state VARCHAR, attributes MAP(VARCHAR, VARCHAR), attribute_types VARCHAR,
                 dropped_attributes_count UINTEGER, flags UINTEGER)[],
    dropped_links_count UINTEGER,
    resource UUID NOT NULL,
    scope UUID NOT NULL,
    service_name VARCHAR,                -- of the resource, beside the span because every question filters by it
    -- concepts (relaylens.semconv.CONVENTIONS): the first convention present; text columns are cells
    operation VARCHAR,
    instrumentation_kind VARCHAR,
    agent_name VARCHAR,
    agent_id VARCHAR,
    agent_version VARCHAR,
    agent_node VARCHAR,
    agent_parent_node VARCHAR,
    session_id VARCHAR,
    user_id VARCHAR,
    workflow_name VARCHAR,
    run_id VARCHAR,
    node_name VARCHAR,
    checkpoint_ns VARCHAR,
    tool_name VARCHAR,
    tool_type VARCHAR,
    tool_call_id VARCHAR,
    tool_arguments VARCHAR,
    tool_result VARCHAR,
    model VARCHAR,
    provider VARCHAR,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cached_tokens BIGINT,
    cost_usd DOUBLE,
    finish_reasons VARCHAR,
    error_type VARCHAR,
    input VARCHAR,
    output VARCHAR,
    system_instructions VARCHAR,
    metadata VARCHAR,
    transfer_source VARCHAR,
    transfer_target VARCHAR,
    transfer_mode VARCHAR
);
