-- Tool calls with their arguments and results in full, and whom they address if they look like a handoff.
CREATE OR REPLACE TEMP TABLE work_tools AS
WITH contents AS (
    SELECT trace_id, span_id,
           arg_min(content, place) FILTER (WHERE name = 'gen_ai.tool.message') AS asked,
           arg_min(message, place) FILTER (WHERE name = 'gen_ai.choice') AS answered
    FROM work_events
    GROUP BY trace_id, span_id
),

tools AS (
    SELECT w.trace_id, w.span_id, w.tool_call_id, w.t0, w.t1, w.reports_error, w.is_control_flow, w.says_error,
           coalesce(w.tool_name, regexp_replace(w.name_text, '^execute_tool |\.tool$|\.run$', '', 'g')) AS tool_name,
           coalesce(w.arguments_text, c.asked, w.input_text) AS arguments,
           coalesce(w.result_text, c.answered, w.output_text) AS result,
           w.transfer_target, w.attributes['traceloop.association.properties.__handoff_destination'] AS graph_target
    FROM work_spans AS w
    JOIN work_classes AS k USING (trace_id, span_id)
    LEFT JOIN contents AS c USING (trace_id, span_id)
    WHERE k.span_class = 'tool'
),

named AS (
    SELECT *, tool_key(tool_name) AS tool_key
    FROM tools
)

SELECT *,
       is_generic_transfer(tool_key) AS is_generic_transfer,
       named_target(tool_key) AS named_target,
       asked_target(tool_key) AS asked_target,
       argument_target(arguments) AS argument_target,
       starts_with(tool_key, 'transfer_back_to_') AS is_explicit_return
FROM named;
