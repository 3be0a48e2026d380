-- An error says that the agent to hand over to does not exist, or the tool that would do it.
-- needs: errors | events
WITH errors AS (
    SELECT span, parent, trace, t1, left(coalesce(status_text, exception_message), 500) AS error
    FROM work_spans
    WHERE reports_error AND NOT is_control_flow
      AND regexp_matches(left(coalesce(status_text, exception_message), 500), '(?i)\b(not found|unknown|no such|not registered|does(n''t| not) exist)\b')
),

named AS (
    SELECT span, parent, trace, t1,
           coalesce(nullif(regexp_extract(error, '(?i)\b(?:agent|member|coworker|teammate) [''"]([^''"]{1,100})[''"]', 1), ''),
                    named_target(tool_key(regexp_extract(error, '\b(?:transfer|handoff|hand_off|handover|delegate|route)_(?:back_)?to_\w+')))) AS target
    FROM errors
)

-- where no agent's own span tells it, the one that began last was at work
SELECT n.span, coalesce(f.agent, s.agent) AS from_agent, n.target, n.t1 AS t0, n.t1, NULL AS mode, NULL AS call_id, TRUE AS failed, NULL AS sent,
       FALSE AS needs_agent, FALSE AS is_explicit_return
FROM named AS n
JOIN work_facts AS f USING (span)
ASOF LEFT JOIN work_steps AS s ON s.trace = n.trace AND n.t1 >= s.t0
WHERE n.target IS NOT NULL AND n.span NOT IN (SELECT parent FROM named WHERE target IS NOT NULL AND parent IS NOT NULL)
