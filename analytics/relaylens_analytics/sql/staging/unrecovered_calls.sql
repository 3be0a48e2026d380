-- Tool calls that failed and whose tool never worked later in the run: whether another tool worked later in the same turn, and whether that
-- may have made up for it.
-- needs: detector swallowed_tool_error | detector false_success
-- needs: span_errors
-- needs: called_tools
WITH failing AS (
    SELECT DISTINCT run FROM called_tools WHERE failed
),

judged AS (
    SELECT *, max(t0) FILTER (WHERE worked) OVER (PARTITION BY run, tool_key) AS last_success,
           max(t0) FILTER (WHERE worked) OVER (PARTITION BY run, step) AS last_success_of_turn,
           max(t0) FILTER (WHERE worked AND is_write) OVER (PARTITION BY run, step) AS last_change_of_turn
    FROM called_tools
    SEMI JOIN failing USING (run)
)

SELECT j.* EXCLUDE (last_success, last_success_of_turn, last_change_of_turn), coalesce(j.last_success_of_turn > j.t0, FALSE) AS went_on,
       went_on AND CASE WHEN j.is_write THEN coalesce(j.last_change_of_turn > j.t0, FALSE)
                        ELSE regexp_matches(left(concat_ws(' ', j.result, w.status_text, w.exception_message), 300),
                                            '(?i)\b(not found|no (such|results?|matches|matching|records?)|do(es)?(n''t| not) exist|unknown|404)\b') END AS is_made_up_for
FROM judged AS j
JOIN run_outcomes AS o USING (run)
JOIN work_spans AS w USING (span)
WHERE j.failed AND o.outcome IN ('completed', 'escalated') AND coalesce(j.last_success <= j.t0, TRUE)
