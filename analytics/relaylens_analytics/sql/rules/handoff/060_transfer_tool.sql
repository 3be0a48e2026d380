-- A tool made for handing over, with the target in its name or in its arguments.
-- needs: work_tools
SELECT t.span, NULL AS from_agent,
       coalesce(CASE WHEN NOT t.is_generic_transfer THEN t.named_target END, t.argument_target) AS target,
       t.t0, t.t1, CASE WHEN regexp_matches(t.tool_key, '^(delegate|ask_question)') THEN 'return_to_caller' END AS mode, t.tool_call_id AS call_id,
       t.reports_error AND NOT t.is_control_flow AS failed,
       t.arguments AS sent,
       NOT t.is_generic_transfer AS needs_agent, t.is_explicit_return
FROM work_tools AS t
WHERE t.is_generic_transfer OR t.named_target IS NOT NULL
