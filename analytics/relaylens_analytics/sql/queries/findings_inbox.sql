-- Which kinds of finding come from which agent, how often and since when?
-- $since, $until, $service: NULL for no limit. $limit: the gravest and most frequent so many.
SELECT
    findings.detector,
    coalesce(findings.blamed_agent, findings.agent) AS agent,
    arg_min(findings.severity, CASE findings.severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END) AS severity,
    count(*) AS findings,
    count(DISTINCT (findings.conversation, findings.run)) AS runs,
    count(DISTINCT (findings.conversation, findings.run)) FILTER (WHERE runs.outcome = 'completed') AS silent_runs,
    histogram(findings.certainty) AS certainties,
    min(findings.found_at) AS first_found_at,
    max(findings.found_at) AS last_found_at,
    arg_max(findings.finding, findings.found_at) AS last_finding,
    arg_max(findings.run, findings.found_at) AS last_run,
    arg_max(findings.message, findings.found_at) AS last_message
FROM findings
LEFT JOIN runs USING (conversation, run)
WHERE in_window(findings.found_at, $since, $until) AND ($service IS NULL OR runs.service_name = $service)
GROUP BY ALL
ORDER BY min(CASE findings.severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END), findings DESC, findings.detector, agent
LIMIT $limit
