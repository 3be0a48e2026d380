-- An error says that the agent to hand over to does not exist, or the tool that would do it.
-- needs: errors | events
WITH errors AS (
    SELECT span, parent, trace, t1, left(coalesce(status_text, exception_message), 500) AS error
    FROM work_spans
    WHERE reports_error AND NOT is_control_flow
),

-- what is missing has to be the agent or the tool itself: an agent that says that its document was not found is there
named AS (
    SELECT span, parent, trace, t1,
           coalesce(nullif(regexp_extract(error, '(?i)\b(?:agent|member|coworker|teammate) [''"]([^''"]{1,100})[''"] (?:was |is |could )?(?:not (?:be )?found|not registered|unknown|does(?:n''t| not) exist)', 1), ''),
                    nullif(regexp_extract(error, '(?i)\b(?:unknown|no such) (?:agent|member|coworker|teammate):? [''"]([^''"]{1,100})[''"]', 1), ''),
                    CASE WHEN regexp_matches(error, '(?i)\b(unknown|no such) tool\b|\btool( [''"`]?\w+[''"`]?)? (was |is |could )?(not (be )?found|not registered|unknown|does(n''t| not) exist)\b')
                         THEN named_target(tool_key(regexp_extract(error, '\b(?:transfer|handoff|hand_off|handover|delegate|route)_(?:back_)?to_\w+'))) END) AS target
    FROM errors
)

-- where no agent's own span tells it, the one that began last was at work
SELECT n.span, coalesce(f.agent, s.agent) AS from_agent, n.target, n.t1 AS t0, n.t1, NULL AS mode, NULL AS call_id, TRUE AS failed, NULL AS sent,
       FALSE AS needs_agent, FALSE AS is_explicit_return
FROM named AS n
JOIN work_facts AS f USING (span)
ASOF LEFT JOIN work_steps AS s ON s.trace = n.trace AND n.t1 >= s.t0
WHERE n.target IS NOT NULL AND n.span NOT IN (SELECT parent FROM named WHERE target IS NOT NULL AND parent IS NOT NULL)
