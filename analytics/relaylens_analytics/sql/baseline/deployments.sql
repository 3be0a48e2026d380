-- The deployments with runs that can be compared.
-- $agent: with this agent; $service: this one; NULL for no limit.
SELECT DISTINCT p.service_name
FROM run_profiles AS p
WHERE ($service IS NULL OR p.service_name = $service)
  AND ($agent IS NULL OR EXISTS (FROM steps AS s WHERE s.run = p.run AND s.conversation = p.conversation AND s.agent = $agent))
ORDER BY p.service_name
