-- Tool calls with their arguments and results in full, and whom they address if they look like a handoff.
WITH contents AS (
    SELECT span,
           arg_min(content, place) FILTER (WHERE name = 'gen_ai.tool.message') AS asked,
           arg_min(message, place) FILTER (WHERE name = 'gen_ai.choice') AS answered
    FROM work_events
    GROUP BY span
),

tools AS (
    SELECT w.span, w.trace, w.tool_call_id, w.t0, w.t1, w.reports_error, w.is_control_flow,
           coalesce(w.tool_name, regexp_replace(w.name_text, '^execute_tool |\.tool$|\.run$', '', 'g')) AS tool_name,
           coalesce(w.tool_arguments, c.asked, w.input) AS asked, coalesce(w.tool_result, c.answered, w.output) AS answered
    FROM work_spans AS w
    JOIN work_classes AS k USING (span)
    LEFT JOIN contents AS c USING (span)
    WHERE k.span_class = 'tool'
),

-- what a name says is found out once for each name
keyed AS (
    SELECT tool_name, tool_key(tool_name) AS tool_key FROM (SELECT DISTINCT tool_name FROM tools)
),

-- what an event holds is a full text already
contents_in_full AS (
    SELECT t.* EXCLUDE (asked, answered), in_full(t.asked, a.text) AS arguments, in_full(t.answered, r.text) AS result
    FROM tools AS t
    LEFT JOIN work_texts AS a ON a.cell = t.asked
    LEFT JOIN work_texts AS r ON r.cell = t.answered
),

named AS (
    SELECT *, is_generic_transfer(tool_key) AS is_generic_transfer, named_target(tool_key) AS named_target,
           asked_target(tool_key) AS asked_target, starts_with(tool_key, 'transfer_back_to_') AS is_explicit_return
    FROM keyed
)

SELECT t.span, t.trace, t.tool_call_id, t.t0, t.t1, t.reports_error, t.is_control_flow, t.tool_name, t.arguments, t.result,
       n.tool_key, n.is_generic_transfer, n.named_target, n.asked_target, n.is_explicit_return,
       argument_target(t.arguments) AS argument_target
FROM contents_in_full AS t
LEFT JOIN named AS n USING (tool_name)
