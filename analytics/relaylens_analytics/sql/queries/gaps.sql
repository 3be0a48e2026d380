-- Which spans are missing in the record: of which process, which numbers, and why as far as anybody has said?
-- $now: the moment to judge at. $since, $until, $service, $process, $limit: NULL for no limit.
SELECT after, service_name, process, first, last, missing, reason
FROM record_gaps($now)
WHERE in_window(after, $since, $until)
    AND ($service IS NULL OR service_name = $service)
    AND ($process IS NULL OR process = $process)
QUALIFY $limit IS NULL OR row_number() OVER (ORDER BY after DESC NULLS LAST, process DESC, first DESC) <= $limit
ORDER BY after NULLS FIRST, process, first
