-- What was found, how often?
-- $by: total, detector, agent, severity, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
WITH found AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'detector' THEN findings.detector
            WHEN 'agent' THEN coalesce(findings.blamed_agent, findings.agent)
            WHEN 'severity' THEN findings.severity
            WHEN 'service' THEN runs.service_name
            WHEN 'time' THEN time_key(findings.found_at, $bucket)
        END AS key,
        findings.conversation,
        findings.run
    FROM findings
    LEFT JOIN runs USING (conversation, run)
    WHERE in_window(findings.found_at, $since, $until)
        AND ($service IS NULL OR runs.service_name = $service)
        AND ($agent IS NULL OR coalesce(findings.blamed_agent, findings.agent) = $agent)
)
SELECT
    'findings' AS metric,
    $by::VARCHAR AS dimension,
    key,
    count(*)::DOUBLE AS value,
    count(*)::DOUBLE AS numerator,
    NULL::DOUBLE AS denominator,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'count' AS unit,
    (count(DISTINCT (conversation, run)) FILTER (WHERE run IS NOT NULL))::DOUBLE AS runs
FROM found
GROUP BY key
ORDER BY key
