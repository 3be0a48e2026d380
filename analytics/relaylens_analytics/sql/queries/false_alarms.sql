-- On which share of its good runs does each detector say something, with its 95 % interval, and are its findings shown?
-- $service: NULL for all deployments. $limit: at most so many.
SELECT
    rates.service_name, rates.detector, rates.good_runs, rates.flagged, rates.rate, rates.low, rates.high,
    (SELECT count(*) FROM hints LEFT JOIN runs USING (conversation, run)
     WHERE hints.detector = rates.detector AND runs.service_name IS NOT DISTINCT FROM rates.service_name) AS hints
FROM false_alarm_rates() AS rates
WHERE ($service IS NULL OR rates.service_name = $service)
ORDER BY rates.service_name, rates.detector
LIMIT $limit
