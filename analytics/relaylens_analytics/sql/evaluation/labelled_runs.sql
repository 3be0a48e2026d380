-- Which run does each trace belong to, and in which deployment?
SELECT run, trace_id, min(service_name) AS service_name
FROM (
    SELECT run, trace_id, service_name FROM runs
    UNION ALL
    SELECT run, trace_id, service_name FROM steps
)
GROUP BY run, trace_id
ORDER BY run, trace_id
