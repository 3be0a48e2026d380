-- Which spans failed, control flow apart; where an error began; and which failed without saying so.
CREATE OR REPLACE TEMP TABLE span_errors AS
WITH soft AS (
    SELECT t.trace_id, t.span_id
    FROM work_tools AS t
    WHERE NOT t.reports_error AND (
        regexp_matches(left(t.result, 300), '(?i)^\W*(content\W+)?(text\W+)?(error|exception|traceback|runtimeerror|valueerror)\b')
        OR regexp_matches(left(t.result, 3000), '(?i)"status"\s*:\s*"(error|failed|failure)"|"is_?error"\s*:\s*true|"error"\s*:\s*"[^"]|"content"\s*:\s*"(error|runtimeerror|exception)\b|"text"\s*:\s*"(error|runtimeerror|exception)\b')
    )
    AND NOT regexp_matches(coalesce(t.result, ''), '(?i)\b(requires|needs|awaiting|waiting for) (your |human |user )?(confirmation|approval)\b')
),

-- a person did not let the tool be called: it has not failed
denied AS (
    SELECT trace_id, span_id
    FROM work_tools
    WHERE regexp_matches(left(result, 300), '(?i)\btool call (is|was|has been) (rejected|denied)\b')
)

SELECT w.trace_id, w.span_id,
       (w.reports_error AND NOT w.is_control_flow AND d.span_id IS NULL) AS is_error,
       (w.reports_error AND NOT w.is_control_flow AND d.span_id IS NULL) AND NOT EXISTS (
           SELECT 1 FROM work_spans AS c
           WHERE c.trace_id = w.trace_id AND c.parent_span_id = w.span_id AND c.reports_error AND NOT c.is_control_flow
       ) AS is_origin,
       s.span_id IS NOT NULL AND d.span_id IS NULL AS is_soft_error
FROM work_spans AS w
LEFT JOIN soft AS s USING (trace_id, span_id)
LEFT JOIN denied AS d USING (trace_id, span_id);
