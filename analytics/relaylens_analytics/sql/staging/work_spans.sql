-- The spans at work with everything the rules ask of them, texts in full; `parent` is the parent's number where it arrived.
WITH fields AS (
    SELECT w.span, unnest(list_filter([
        {'field': 1, 'cell': s.name},
        {'field': 2, 'cell': s.status_message},
        {'field': 4, 'cell': s.output},
        {'field': 8, 'cell': s.tool_arguments},
        {'field': 16, 'cell': s.tool_result},
        {'field': 32, 'cell': s.metadata},
        {'field': 64, 'cell': CASE WHEN s.operation IS DISTINCT FROM 'chat' AND s.instrumentation_kind IS DISTINCT FROM 'LLM' THEN s.input END}
    ], lambda f: f.cell[1] = chr(1)), recursive := TRUE)
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    WHERE s.batch >= getvariable('first_batch')
),

-- one join of all long texts instead of one for each column
long_texts AS (
    SELECT f.span,
           any_value(t.text) FILTER (WHERE f.field = 1) AS name,
           any_value(t.text) FILTER (WHERE f.field = 2) AS status_message,
           any_value(t.text) FILTER (WHERE f.field = 4) AS output,
           any_value(t.text) FILTER (WHERE f.field = 8) AS tool_arguments,
           any_value(t.text) FILTER (WHERE f.field = 16) AS tool_result,
           any_value(t.text) FILTER (WHERE f.field = 32) AS metadata,
           any_value(t.text) FILTER (WHERE f.field = 64) AS input
    FROM fields AS f
    JOIN work_texts AS t USING (cell)
    GROUP BY f.span
)

SELECT w.span, w.trace, p.span AS parent, s.batch, s.ordinal, s.trace_id, s.span_id, s.parent_span_id,
       coalesce(s.dropped_attributes_count, 0) + coalesce(s.dropped_events_count, 0) + coalesce(s.dropped_links_count, 0) = 0 AS is_whole,
       TRY_CAST(s.start_time_unix_nano AS BIGINT) AS t0, TRY_CAST(s.end_time_unix_nano AS BIGINT) AS t1, s.started_at, s.ended_at,
       s.service_name, s.scope, s.attributes,
       CASE WHEN s.name[1] = chr(1) THEN x.name ELSE s.name END AS name_text,
       s.operation, upper(s.instrumentation_kind) AS kind_word, coalesce(s.attributes['relaylens.span.role'] = 'detail', FALSE) AS is_detail,
       s.run_id, s.workflow_name, s.user_id, s.agent_name, s.agent_node, s.agent_version,
       g.lc_agent_name, g.graph_node, g.graph_agent, g.graph_path, g.metadata_text,
       s.transfer_source, s.transfer_target, s.transfer_mode, s.tool_name, s.tool_call_id,
       s.tool_arguments, CASE WHEN s.tool_arguments[1] = chr(1) THEN x.tool_arguments ELSE s.tool_arguments END AS arguments_text,
       s.tool_result, CASE WHEN s.tool_result[1] = chr(1) THEN x.tool_result ELSE s.tool_result END AS result_text,
       s.input,
       CASE WHEN s.operation IS DISTINCT FROM 'chat' AND s.instrumentation_kind IS DISTINCT FROM 'LLM'
            THEN CASE WHEN s.input[1] = chr(1) THEN x.input ELSE s.input END END AS input_text,
       s.output, CASE WHEN s.output[1] = chr(1) THEN x.output ELSE s.output END AS output_text,
       s.model, s.provider, s.finish_reasons, s.input_tokens, s.output_tokens, s.cached_tokens, s.cost_usd,
       s.status_code, CASE WHEN s.status_message[1] = chr(1) THEN x.status_message ELSE s.status_message END AS status_text,
       s.error_type, f.exception_type, f.exception_message, coalesce(s.error_type, f.exception_type) AS error_class,
       s.status_code = 2 OR s.error_type IS NOT NULL OR f.exception_type IS NOT NULL
           OR coalesce(s.attributes['gen_ai.tool.status'] = 'error', FALSE)
           OR coalesce(s.attributes['gen_ai.task.status'] = 'failure', FALSE) AS reports_error,
       coalesce(f.is_control_flow, FALSE) AS is_control_flow
FROM spans AS s
JOIN work_rows AS w ON w.row_id = s.rowid
LEFT JOIN work_rows AS p ON p.trace = w.trace AND p.span_id = s.parent_span_id
LEFT JOIN long_texts AS x ON x.span = w.span
LEFT JOIN span_failures AS f ON f.span = w.span
LEFT JOIN graph_spans AS g ON g.span = w.span
WHERE s.batch >= getvariable('first_batch')
