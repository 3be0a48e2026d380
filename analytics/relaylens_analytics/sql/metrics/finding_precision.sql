-- How often were findings right here, as people marked them?
-- $by: total, detector, agent, severity, service, time ($bucket seconds). $since, $until, $service, $agent: NULL for no limit.
WITH marked AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'detector' THEN findings.detector
            WHEN 'agent' THEN coalesce(findings.blamed_agent, findings.agent)
            WHEN 'severity' THEN findings.severity
            WHEN 'service' THEN runs.service_name
            WHEN 'time' THEN time_key(findings.found_at, $bucket)
        END AS key,
        count(*) FILTER (WHERE marks.mark = 'true')::DOUBLE AS numerator,
        count(*) FILTER (WHERE marks.mark IN ('true', 'false'))::DOUBLE AS denominator,
        count(*) FILTER (WHERE marks.mark = 'known')::DOUBLE AS known
    FROM finding_marks() AS marks
    JOIN findings USING (finding)
    LEFT JOIN runs USING (conversation, run)
    WHERE in_window(findings.found_at, $since, $until)
        AND ($service IS NULL OR runs.service_name = $service)
        AND ($agent IS NULL OR coalesce(findings.blamed_agent, findings.agent) = $agent)
    GROUP BY ALL
)
SELECT
    'finding_precision' AS metric,
    $by::VARCHAR AS dimension,
    key,
    numerator / denominator AS value,
    numerator,
    denominator,
    wilson_low(numerator, denominator) AS low,
    wilson_high(numerator, denominator) AS high,
    'ratio' AS unit,
    known
FROM marked
WHERE denominator > 0
ORDER BY key
