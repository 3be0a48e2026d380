-- The spans that failed, control flow apart, or failed without saying so; and where an error began.
WITH soft AS (
    SELECT t.span
    FROM work_tools AS t
    WHERE NOT t.reports_error AND (
        regexp_matches(left(t.result, 300), '(?i)^\W*(content\W+)?(text\W+)?(error|exception|traceback|runtimeerror|valueerror)\b')
        OR regexp_matches(left(t.result, 3000), '(?i)"status"\s*:\s*"(error|failed|failure)"|"is_?error"\s*:\s*true|"error"\s*:\s*"[^"]|"content"\s*:\s*"(error|runtimeerror|exception)\b|"text"\s*:\s*"(error|runtimeerror|exception)\b')
    )
    AND NOT coalesce(needs_confirmation(t.result), FALSE)
),

-- a person did not let the tool be called: it has not failed
denied AS (
    SELECT span
    FROM work_tools
    WHERE regexp_matches(left(result, 300), '(?i)\btool call (is|was|has been) (rejected|denied)\b')
),

failed AS (
    SELECT span, parent FROM work_spans WHERE reports_error AND NOT is_control_flow
)

SELECT span, TRUE AS is_error, span NOT IN (SELECT parent FROM failed WHERE parent IS NOT NULL) AS is_origin, FALSE AS is_soft_error
FROM failed
ANTI JOIN denied USING (span)
UNION ALL
SELECT span, FALSE, FALSE, TRUE
FROM soft
ANTI JOIN denied USING (span)
