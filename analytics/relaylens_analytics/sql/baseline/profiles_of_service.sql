-- The profiles of a deployment's runs, in order of their beginning.
SELECT p.run, r.trace_id, p.agent_versions, p.started_at, p.features, p.acts
FROM run_profiles AS p
JOIN runs AS r USING (run, conversation)
WHERE p.service_name IS NOT DISTINCT FROM $service
ORDER BY p.started_at, p.run
