-- The spans of the affected traces with everything the rules ask of them, texts in full.
CREATE OR REPLACE TEMP TABLE work_spans AS
WITH base AS (
    -- joins instead of full_text(): seven subqueries over every span cost three times as much
    SELECT s.* EXCLUDE (events, links),
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
    LEFT JOIN work_texts AS n ON n.cell = CASE WHEN s.name[1] = chr(1) THEN s.name END
    LEFT JOIN work_texts AS u ON u.cell = CASE WHEN s.status_message[1] = chr(1) THEN s.status_message END
    LEFT JOIN work_texts AS o ON o.cell = CASE WHEN s.output[1] = chr(1) THEN s.output END
    LEFT JOIN work_texts AS a ON a.cell = CASE WHEN s.tool_arguments[1] = chr(1) THEN s.tool_arguments END
    LEFT JOIN work_texts AS r ON r.cell = CASE WHEN s.tool_result[1] = chr(1) THEN s.tool_result END
    LEFT JOIN work_texts AS m ON m.cell = CASE WHEN s.metadata[1] = chr(1) THEN s.metadata END
    LEFT JOIN work_texts AS i ON i.cell = CASE WHEN s.input[1] = chr(1) THEN s.input END
    WHERE s.rowid IN (SELECT row_id FROM work_rows)
),

exceptions AS (
    SELECT trace_id, span_id, arg_max(exception_type, place) AS exception_type, arg_max(exception_message, place) AS exception_message
    FROM work_events
    WHERE name = 'exception'
    GROUP BY trace_id, span_id
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
    LEFT JOIN exceptions AS x USING (trace_id, span_id)
)

SELECT *,
       coalesce(error_type, exception_type) AS error_class,
       (status_code = 2 OR error_type IS NOT NULL OR exception_type IS NOT NULL OR says_error) AS reports_error,
       coalesce(regexp_matches(concat_ws(' ', error_type, exception_type),
                               '(ParentCommand|GraphInterrupt|GraphBubbleUp|NodeInterrupt|WaitingForEvent|CallDeferred|ApprovalRequired|InterruptException|GeneratorExit|CancelledError|StopAsyncIteration)'), FALSE)
           OR coalesce(regexp_matches(status_text, '^((langgraph\.errors\.)?(ParentCommand|GraphInterrupt)|Command\(graph=|\(?Interrupt\(|abandoned stream$)'), FALSE)
           AS is_control_flow,
       coalesce(attributes['relaylens.span.role'] = 'detail', FALSE) AS is_detail,
       string_split(string_split(graph_ns, '|')[1], ':')[1] AS graph_agent,
       list_transform(string_split(graph_ns, '|'), lambda part: string_split(part, ':')[1]) AS graph_path,
       TRY_CAST(start_time_unix_nano AS BIGINT) AS t0,
       TRY_CAST(end_time_unix_nano AS BIGINT) AS t1,
       coalesce(tool_name, '') AS tool
FROM joined;
