-- Which services are in the store, and how many runs has each?
-- $limit: at most so many.
SELECT service_name, count(*) AS runs, min(started_at) AS first_started_at, max(started_at) AS last_started_at
FROM runs
GROUP BY service_name
ORDER BY runs DESC, service_name
LIMIT $limit
