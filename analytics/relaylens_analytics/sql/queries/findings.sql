-- What was found, where does it show, where did it begin, and what do people say of it?
-- $since, $until, $service, $detector, $agent (to blame, or where it shows), $severity, $run, $conversation, $finding: NULL for no limit.
-- $silent: true for findings in completed runs only. $new: true for kinds (detector and agent) that were not there before $since.
-- $marks: list of marks, 'open' for none; NULL for any. $limit and $offset: the page, the latest first. `total` counts all.
WITH judged AS (
    SELECT finding, value AS judgement, score AS judge_score, comment AS judge_comment
    FROM labels
    WHERE finding IS NOT NULL AND name = 'judgement'
    QUALIFY row_number() OVER (PARTITION BY finding ORDER BY labelled_at DESC, batch DESC) = 1
),

kinds_before AS (
    SELECT DISTINCT findings.detector, coalesce(findings.blamed_agent, findings.agent, '') AS agent
    FROM findings
    LEFT JOIN runs USING (conversation, run)
    WHERE $new::BOOLEAN AND findings.found_at < $since::TIMESTAMP AND ($service IS NULL OR runs.service_name = $service)
)

SELECT
    findings.conversation, findings.run, findings.trace_id, findings.span_id, findings.finding, findings.detector, findings.severity,
    findings.agent, findings.blamed_agent, findings.blamed_step, findings.certainty, findings.score, findings.message, findings.evidence, findings.step, findings.span_ids,
    runs.service_name, runs.outcome AS run_outcome, findings.found_at,
    marks.mark, marks.source AS marked_by, marks.comment AS mark_comment, marks.marked_at,
    judged.judgement, judged.judge_score, judged.judge_comment,
    count(*) OVER () AS total
FROM findings
LEFT JOIN runs USING (conversation, run)
LEFT JOIN finding_marks() AS marks USING (finding)
LEFT JOIN judged USING (finding)
WHERE in_window(findings.found_at, $since, $until)
    AND ($service IS NULL OR runs.service_name = $service)
    AND ($detector IS NULL OR findings.detector = $detector)
    AND ($agent IS NULL OR coalesce(findings.blamed_agent, findings.agent) = $agent)
    AND ($severity IS NULL OR findings.severity = $severity)
    AND ($run IS NULL OR findings.run = $run)
    AND ($conversation IS NULL OR findings.conversation = $conversation)
    AND ($finding IS NULL OR findings.finding = $finding)
    AND (NOT coalesce($silent::BOOLEAN, FALSE) OR runs.outcome = 'completed')
    AND ($marks IS NULL OR list_contains($marks::VARCHAR[], coalesce(marks.mark, 'open')))
    AND (
        NOT coalesce($new::BOOLEAN, FALSE)
        OR (findings.detector, coalesce(findings.blamed_agent, findings.agent, '')) NOT IN (SELECT (detector, agent) FROM kinds_before)
    )
ORDER BY findings.found_at DESC NULLS LAST, findings.finding
LIMIT $limit OFFSET $offset
