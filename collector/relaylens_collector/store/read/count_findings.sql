-- How many findings are there, by detector, severity and service? The services with most of them have names; all others are one.
-- $services: how many have a name.
WITH counted AS (
    SELECT findings.detector, findings.severity, coalesce(runs.service_name, '') AS service, count(*) AS findings
    FROM findings
    LEFT JOIN runs USING (conversation, run)
    GROUP BY ALL
),

named AS (
    SELECT service FROM counted GROUP BY service ORDER BY sum(findings) DESC, service LIMIT $services
)

SELECT detector, severity, CASE WHEN service IN (FROM named) THEN service ELSE 'other' END AS service, sum(findings)::BIGINT AS findings
FROM counted
GROUP BY ALL;
