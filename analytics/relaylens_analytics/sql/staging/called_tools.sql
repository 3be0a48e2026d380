-- The tool calls of runs, handoffs apart: what was called with what, whether it failed, whether it changes something, and whether its result
-- says that asking again is right.
-- needs: detector loop | detector cycle | detector swallowed_tool_error | detector false_success | detector service_failure | detector unused_result | detector ignored_calculation | detector ungrounded_argument | detector ungrounded_answer | detector false_claim | detector unstable_result | detector unconfirmed_change | detector unverified_change | detector escalation_after_change | detector work_after_change | detector off_topic_call | specified tool | specified approval
-- needs: work_tools
WITH keyed AS (
    SELECT tool_key, is_write_tool(tool_key) AS is_write FROM (SELECT DISTINCT tool_key FROM work_tools)
),

-- what failed below a call and is no piece of work itself, such as a request over HTTP, is how the call failed
shielding AS (
    SELECT DISTINCT w.parent
    FROM span_errors AS e
    JOIN work_spans AS w USING (span)
    JOIN work_classes AS k USING (span)
    WHERE e.is_error AND w.parent IS NOT NULL AND (k.span_class <> 'chain' OR (NOT e.is_origin AND k.rule <> 'shown_call'))
)

SELECT t.span, f.run, f.step, f.agent, t.t0, t.t1, t.tool_key, bare_arguments(t.arguments) AS arguments,
       bare_answer(t.result) AS result, hash(t.tool_key, bare_arguments(t.arguments)) AS call,
       coalesce(e.is_origin OR e.is_soft_error OR (e.is_error AND h.parent IS NULL), FALSE) AS failed, e.span IS NULL AS worked, k.is_write
FROM work_tools AS t
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
JOIN keyed AS k USING (tool_key)
LEFT JOIN span_errors AS e USING (span)
LEFT JOIN shielding AS h ON h.parent = t.span
-- one call that two instrumentations trace is one call
LEFT JOIN work_tools AS o ON o.span = w.parent AND o.tool_key = t.tool_key
WHERE o.span IS NULL AND f.run IS NOT NULL AND t.span NOT IN (SELECT span FROM handoff_candidates)
