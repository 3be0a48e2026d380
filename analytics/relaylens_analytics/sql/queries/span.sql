-- What is known of one span?
-- $trace_id, $span_id.
SELECT
    spans.trace_id, spans.span_id, spans.parent_span_id, spans.trace_state, spans.flags, text_of(spans.name) AS name, spans.kind,
    spans.start_time_unix_nano, spans.end_time_unix_nano, spans.started_at, spans.ended_at, facts.duration_ms,
    spans.status_code, text_of(spans.status_message) AS status_message, spans.service_name,
    spans.dropped_attributes_count, spans.dropped_events_count, spans.dropped_links_count, spans.batch,
    scopes.name AS scope_name, scopes.version AS scope_version,
    facts.conversation, facts.run, facts.step, facts.agent, facts.agent_rule, facts.span_class, facts.class_rule, facts.tool_name,
    text_of(facts.tool_arguments) AS tool_arguments, text_of(facts.tool_result) AS tool_result,
    facts.is_error, facts.error_type, facts.is_control_flow, facts.is_soft_error, facts.is_leaf_llm, facts.model,
    facts.input_tokens, facts.output_tokens, facts.cost_usd
FROM spans
LEFT JOIN span_facts AS facts USING (trace_id, span_id)
LEFT JOIN scopes ON scopes.scope = spans.scope
WHERE spans.trace_id = $trace_id AND spans.span_id = $span_id
ORDER BY spans.batch, spans.ordinal
LIMIT 1
