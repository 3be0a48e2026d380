-- All runs of a deployment that can be compared.
-- $service: the deployment.
SELECT run FROM run_profiles WHERE service_name IS NOT DISTINCT FROM $service
