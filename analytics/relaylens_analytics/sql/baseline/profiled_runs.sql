-- How many runs of a deployment can be compared.
-- $service: the deployment.
SELECT count(*) AS runs FROM run_profiles WHERE service_name IS NOT DISTINCT FROM $service
