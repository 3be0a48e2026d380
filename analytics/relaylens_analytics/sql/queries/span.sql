-- What is known of one span?
-- $trace_id, $span_id.
WITH place AS (
    SELECT batch, ordinal FROM spans WHERE trace_id = $trace_id AND span_id = $span_id ORDER BY batch, ordinal LIMIT 1
),
one AS MATERIALIZED (
    SELECT spans.* EXCLUDE (attributes, events, links) FROM spans JOIN place USING (batch, ordinal)
),
fact AS MATERIALIZED (
    SELECT * FROM span_facts WHERE trace_id = $trace_id AND span_id = $span_id LIMIT 1
),
said AS MATERIALIZED (
    SELECT cell, text_of(cell) AS text
    FROM (
        SELECT unnest([name, status_message]) AS cell FROM one
        UNION
        SELECT unnest([tool_arguments, tool_result]) FROM fact
    )
    WHERE cell[1] = chr(1)
)
SELECT
    one.trace_id, one.span_id, one.parent_span_id, one.trace_state, one.flags, in_full(one.name, names.text) AS name, one.kind,
    one.start_time_unix_nano, one.end_time_unix_nano, one.started_at, one.ended_at, fact.duration_ms,
    one.status_code, in_full(one.status_message, messages.text) AS status_message, one.service_name,
    one.dropped_attributes_count, one.dropped_events_count, one.dropped_links_count, one.batch,
    scopes.name AS scope_name, scopes.version AS scope_version,
    fact.conversation, fact.run, fact.step, fact.agent, fact.agent_rule, fact.span_class, fact.class_rule, fact.tool_name,
    in_full(fact.tool_arguments, arguments.text) AS tool_arguments, in_full(fact.tool_result, results.text) AS tool_result,
    fact.is_error, fact.error_type, fact.is_control_flow, fact.is_soft_error, fact.is_leaf_llm, fact.model,
    fact.input_tokens, fact.output_tokens, fact.cost_usd
FROM one
LEFT JOIN fact USING (trace_id, span_id)
LEFT JOIN scopes ON scopes.scope = one.scope
LEFT JOIN said AS names ON names.cell = one.name
LEFT JOIN said AS messages ON messages.cell = one.status_message
LEFT JOIN said AS arguments ON arguments.cell = fact.tool_arguments
LEFT JOIN said AS results ON results.cell = fact.tool_result
