-- The runs of a deployment that can be compared, of a time, with an agent, or with a version of it, the latest first.
-- $service: the deployment. $since, $until, $agent, $version: NULL for no limit. $most: at most so many.
SELECT p.run
FROM run_profiles AS p
WHERE p.service_name IS NOT DISTINCT FROM $service AND in_window(p.started_at, $since, $until)
  AND ($agent IS NULL OR EXISTS (
      FROM steps AS s
      WHERE s.run = p.run AND s.conversation = p.conversation AND s.agent = $agent AND ($version IS NULL OR s.agent_version = $version)
  ))
ORDER BY p.started_at DESC, p.run
LIMIT $most
