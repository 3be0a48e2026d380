-- The spans at work with what the rules ask of them; `parent` is the parent's number where it arrived. Inputs, outputs, arguments and
-- results are cells: they are long, and a rule joins `work_texts` to those that it reads.
WITH long_names AS (
    SELECT f.span, any_value(t.text) FILTER (WHERE f.field = 1) AS name, any_value(t.text) FILTER (WHERE f.field = 2) AS status_message
    FROM (
        SELECT w.span, unnest([{'field': 1, 'cell': s.name}, {'field': 2, 'cell': s.status_message}], recursive := TRUE)
        FROM spans AS s
        JOIN work_rows AS w ON w.row_id = s.rowid
        WHERE s.batch >= getvariable('first_batch') AND (starts_with(s.name, chr(1)) OR starts_with(s.status_message, chr(1)))
    ) AS f
    JOIN work_texts AS t USING (cell)
    GROUP BY f.span
)

SELECT w.span, w.trace, p.span AS parent, s.batch, s.ordinal, s.trace_id, s.span_id, s.parent_span_id,
       greatest(s.dropped_attributes_count, s.dropped_events_count, s.dropped_links_count, 0) = 0 AS is_whole,
       TRY_CAST(s.start_time_unix_nano AS BIGINT) AS t0, TRY_CAST(s.end_time_unix_nano AS BIGINT) AS t1, s.started_at, s.ended_at,
       s.service_name, s.scope,
       -- a third of a span's bytes, and few of them are read
       CASE WHEN getvariable('asks_all_attributes') OR list_has_any(map_keys(s.attributes), getvariable('asked_attributes')) THEN s.attributes END AS attributes,
       CASE WHEN occurs('gen_ai.input.messages') THEN s.attributes['gen_ai.input.messages'] IS NOT NULL ELSE FALSE END AS has_input_messages,
       CASE WHEN occurs('gen_ai.output.messages') THEN s.attributes['gen_ai.output.messages'] IS NOT NULL ELSE FALSE END AS has_output_messages,
       CASE WHEN occurs('gen_ai.tool.definitions') THEN s.attributes['gen_ai.tool.definitions'] END AS tool_definitions,
       CASE WHEN occurs('gen_ai.request.model') THEN s.attributes['gen_ai.request.model'] END AS request_model,
       in_full(s.name, x.name) AS name_text,
       s.operation, kind_word(s.instrumentation_kind) AS kind_word, coalesce(occurs('relaylens.span.role') AND s.attributes['relaylens.span.role'] = 'detail', FALSE) AS is_detail,
       s.run_id, s.workflow_name, s.user_id, s.agent_name, s.agent_node, s.agent_version,
       g.lc_agent_name, g.graph_node, g.graph_agent, g.graph_path, g.metadata_text,
       s.transfer_source, s.transfer_target, s.transfer_mode, s.tool_name, s.tool_call_id, s.tool_arguments, s.tool_result, s.input, s.output,
       CASE WHEN s.model[1] = '"' THEN trim(s.model, '"') WHEN s.instrumentation_kind = 'model' THEN coalesce(s.model, s.name) ELSE s.model END AS model, s.provider, s.finish_reasons, coalesce(s.input_tokens, u.input_tokens) AS input_tokens, coalesce(s.output_tokens, u.output_tokens) AS output_tokens, s.cached_tokens, s.cost_usd,
       s.status_code, in_full(s.status_message, x.status_message) AS status_text,
       s.error_type, f.exception_type, f.exception_message, coalesce(s.error_type, f.exception_type) AS error_class,
       s.status_code = 2 OR coalesce(occurs('langfuse.observation.level') AND s.attributes['langfuse.observation.level'] = 'ERROR', FALSE)
           OR s.error_type IS NOT NULL OR f.exception_type IS NOT NULL OR coalesce(s.finish_reasons IN ('error', '["error"]'), FALSE)
           OR coalesce(occurs('gen_ai.tool.status') AND s.attributes['gen_ai.tool.status'] = 'error', FALSE)
           OR coalesce(occurs('gen_ai.task.status') AND s.attributes['gen_ai.task.status'] = 'failure', FALSE) AS reports_error,
       coalesce(f.is_control_flow, FALSE) AS is_control_flow
FROM spans AS s
JOIN work_rows AS w ON w.row_id = s.rowid
LEFT JOIN work_rows AS p ON p.trace = w.trace AND p.span_id = s.parent_span_id
LEFT JOIN long_names AS x ON x.span = w.span
LEFT JOIN span_failures AS f ON f.span = w.span
LEFT JOIN graph_spans AS g ON g.span = w.span
LEFT JOIN listed_usage AS u ON u.span = w.span
WHERE s.batch >= getvariable('first_batch')
