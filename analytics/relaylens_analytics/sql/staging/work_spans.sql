-- The spans at work with everything the rules ask of them, texts in full; `parent` is the parent's number where it arrived.
WITH base AS (
    -- joins instead of full_text(): seven subqueries over every span cost three times as much
    SELECT w.span, w.trace, p.span AS parent, s.* EXCLUDE (events, links),
           CASE WHEN s.name[1] = chr(1) THEN n.text ELSE s.name END AS name_text,
           CASE WHEN s.status_message[1] = chr(1) THEN u.text ELSE s.status_message END AS status_text,
           CASE WHEN s.output[1] = chr(1) THEN o.text ELSE s.output END AS output_text,
           CASE WHEN s.tool_arguments[1] = chr(1) THEN a.text ELSE s.tool_arguments END AS arguments_text,
           CASE WHEN s.tool_result[1] = chr(1) THEN r.text ELSE s.tool_result END AS result_text,
           CASE WHEN s.metadata[1] = chr(1) THEN m.text ELSE s.metadata END AS metadata_text,
           CASE WHEN s.operation IS DISTINCT FROM 'chat' AND s.instrumentation_kind IS DISTINCT FROM 'LLM'
                THEN CASE WHEN s.input[1] = chr(1) THEN i.text ELSE s.input END END AS input_text,
           upper(s.instrumentation_kind) AS kind_word
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    LEFT JOIN work_rows AS p ON p.trace = w.trace AND p.span_id = s.parent_span_id
    LEFT JOIN (SELECT cell, text FROM work_texts WHERE fields & 1 <> 0) AS n ON n.cell = s.name
    LEFT JOIN (SELECT cell, text FROM work_texts WHERE fields & 2 <> 0) AS u ON u.cell = s.status_message
    LEFT JOIN (SELECT cell, text FROM work_texts WHERE fields & 4 <> 0) AS o ON o.cell = s.output
    LEFT JOIN (SELECT cell, text FROM work_texts WHERE fields & 8 <> 0) AS a ON a.cell = s.tool_arguments
    LEFT JOIN (SELECT cell, text FROM work_texts WHERE fields & 16 <> 0) AS r ON r.cell = s.tool_result
    LEFT JOIN (SELECT cell, text FROM work_texts WHERE fields & 32 <> 0) AS m ON m.cell = s.metadata
    LEFT JOIN (SELECT cell, text FROM work_texts WHERE fields & 64 <> 0) AS i ON i.cell = s.input
    WHERE s.batch >= getvariable('first_batch')
),

exceptions AS (
    SELECT span, arg_max(exception_type, place) AS exception_type, arg_max(exception_message, place) AS exception_message
    FROM work_events
    WHERE name = 'exception'
    GROUP BY span
),

joined AS (
    SELECT b.*, x.exception_type, x.exception_message,
           coalesce(b.node_name, json_text(b.metadata_text, '$.langgraph_node')) AS graph_node,
           coalesce(b.checkpoint_ns, json_text(b.metadata_text, '$.langgraph_checkpoint_ns'),
                    json_text(b.metadata_text, '$.checkpoint_ns')) AS graph_ns,
           json_text(b.metadata_text, '$.lc_agent_name') AS lc_agent_name,
           coalesce(b.attributes['gen_ai.tool.status'] = 'error', FALSE)
               OR coalesce(b.attributes['gen_ai.task.status'] = 'failure', FALSE) AS says_error
    FROM base AS b
    LEFT JOIN exceptions AS x USING (span)
)

SELECT span, trace, parent, trace_id, span_id, parent_span_id,
       TRY_CAST(start_time_unix_nano AS BIGINT) AS t0, TRY_CAST(end_time_unix_nano AS BIGINT) AS t1, started_at, ended_at,
       service_name, scope, attributes, name_text, operation, kind_word, coalesce(attributes['relaylens.span.role'] = 'detail', FALSE) AS is_detail,
       run_id, workflow_name, user_id, agent_name, agent_node, agent_version, lc_agent_name, graph_node,
       string_split(string_split(graph_ns, '|')[1], ':')[1] AS graph_agent,
       list_transform(string_split(graph_ns, '|'), lambda part: string_split(part, ':')[1]) AS graph_path,
       transfer_source, transfer_target, transfer_mode,
       tool_name, tool_call_id, tool_arguments, arguments_text, tool_result, result_text, metadata_text,
       input, input_text, output, output_text,
       model, provider, input_tokens, output_tokens, cached_tokens, cost_usd, finish_reasons,
       status_code, status_text, error_type, exception_type, exception_message, says_error,
       coalesce(error_type, exception_type) AS error_class,
       (status_code = 2 OR error_type IS NOT NULL OR exception_type IS NOT NULL OR says_error) AS reports_error,
       coalesce(regexp_matches(concat_ws(' ', error_type, exception_type),
                               '(ParentCommand|GraphInterrupt|GraphBubbleUp|NodeInterrupt|WaitingForEvent|CallDeferred|ApprovalRequired|InterruptException|GeneratorExit|CancelledError|StopAsyncIteration)'), FALSE)
           OR coalesce(regexp_matches(status_text, '^((langgraph\.errors\.)?(ParentCommand|GraphInterrupt)|Command\(graph=|\(?Interrupt\(|abandoned stream$)'), FALSE)
           AS is_control_flow
FROM joined
