-- How many runs of a deployment can be compared, and how many of the good ones that are known are still among them.
-- $service: the deployment. $good: the good runs.
SELECT count(*) AS runs, count(*) FILTER (WHERE run IN (SELECT unnest($good::VARCHAR[]))) AS held
FROM run_profiles
WHERE service_name IS NOT DISTINCT FROM $service
