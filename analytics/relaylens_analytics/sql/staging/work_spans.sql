-- The spans of the affected traces with everything the rules ask of them, texts in full.
CREATE OR REPLACE TEMP TABLE work_spans AS
WITH base AS (
    SELECT s.* EXCLUDE (events, links),
           full_text(s.name) AS name_text,
           full_text(s.status_message) AS status_text,
           full_text(s.output) AS output_text,
           full_text(s.tool_arguments) AS arguments_text,
           full_text(s.tool_result) AS result_text,
           full_text(s.metadata) AS metadata_text,
           CASE WHEN s.operation IS DISTINCT FROM 'chat' AND s.instrumentation_kind IS DISTINCT FROM 'LLM'
                THEN full_text(s.input) END AS input_text,
           upper(s.instrumentation_kind) AS kind_word
    FROM spans AS s
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
           OR coalesce(regexp_matches(status_text, '^((langgraph\.errors\.)?(ParentCommand|GraphInterrupt)|Command\(graph=|\(?Interrupt\()'), FALSE)
           AS is_control_flow,
       coalesce(attributes['relaylens.span.role'] = 'detail', FALSE) AS is_detail,
       string_split(string_split(graph_ns, '|')[1], ':')[1] AS graph_agent,
       list_transform(string_split(graph_ns, '|'), lambda part: string_split(part, ':')[1]) AS graph_path,
       TRY_CAST(start_time_unix_nano AS BIGINT) AS t0,
       TRY_CAST(end_time_unix_nano AS BIGINT) AS t1,
       coalesce(tool_name, '') AS tool
FROM joined;
