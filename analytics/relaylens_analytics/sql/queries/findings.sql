-- What was found, where does it show and where did it begin?
-- $since, $until, $service, $detector, $agent (to blame, or where it shows), $severity, $run, $conversation: NULL for no limit.
-- $silent: true for findings in completed runs only. $limit and $offset: the page, the latest first. `total` counts all.
SELECT
    findings.conversation, findings.run, findings.trace_id, findings.span_id, findings.finding, findings.detector, findings.severity,
    findings.agent, findings.blamed_agent, findings.blamed_step, findings.certainty, findings.score, findings.message, findings.evidence, findings.step, findings.span_ids,
    runs.service_name, runs.outcome AS run_outcome, findings.found_at,
    count(*) OVER () AS total
FROM findings
LEFT JOIN runs USING (conversation, run)
WHERE in_window(findings.found_at, $since, $until)
    AND ($service IS NULL OR runs.service_name = $service)
    AND ($detector IS NULL OR findings.detector = $detector)
    AND ($agent IS NULL OR coalesce(findings.blamed_agent, findings.agent) = $agent)
    AND ($severity IS NULL OR findings.severity = $severity)
    AND ($run IS NULL OR findings.run = $run)
    AND ($conversation IS NULL OR findings.conversation = $conversation)
    AND (NOT coalesce($silent::BOOLEAN, FALSE) OR runs.outcome = 'completed')
ORDER BY findings.found_at DESC NULLS LAST, findings.finding
LIMIT $limit OFFSET $offset
