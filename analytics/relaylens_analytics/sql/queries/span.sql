-- What is known of one span?
-- $trace_id, $span_id.
WITH one AS (
    SELECT * FROM spans WHERE trace_id = $trace_id AND span_id = $span_id ORDER BY batch, ordinal LIMIT 1
),
fact AS (
    SELECT * FROM span_facts WHERE trace_id = $trace_id AND span_id = $span_id LIMIT 1
)
SELECT
    one.trace_id, one.span_id, one.parent_span_id, one.trace_state, one.flags, text_of(one.name) AS name, one.kind,
    one.start_time_unix_nano, one.end_time_unix_nano, one.started_at, one.ended_at, fact.duration_ms,
    one.status_code, text_of(one.status_message) AS status_message, one.service_name,
    one.dropped_attributes_count, one.dropped_events_count, one.dropped_links_count, one.batch,
    scopes.name AS scope_name, scopes.version AS scope_version,
    fact.conversation, fact.run, fact.step, fact.agent, fact.agent_rule, fact.span_class, fact.class_rule, fact.tool_name,
    text_of(fact.tool_arguments) AS tool_arguments, text_of(fact.tool_result) AS tool_result,
    fact.is_error, fact.error_type, fact.is_control_flow, fact.is_soft_error, fact.is_leaf_llm, fact.model,
    fact.input_tokens, fact.output_tokens, fact.cost_usd
FROM one
LEFT JOIN fact USING (trace_id, span_id)
LEFT JOIN scopes ON scopes.scope = one.scope
