-- The runs of a deployment that can be compared, of a time, or with a version of an agent, the latest first.
-- $service: the deployment. $since, $until, $agent, $version: NULL for no limit. $most: at most so many.
SELECT run
FROM run_profiles
WHERE service_name IS NOT DISTINCT FROM $service AND in_window(started_at, $since, $until)
  AND ($version IS NULL OR list_contains(agent_versions, $agent || ' ' || $version))
ORDER BY started_at DESC, run
LIMIT $most
