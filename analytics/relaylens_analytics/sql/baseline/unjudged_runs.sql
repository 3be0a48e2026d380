-- The latest runs of a deployment that had not enough history when they came.
-- $service: the deployment. $most: at most so many.
SELECT run
FROM suspicions
JOIN runs USING (run, conversation)
WHERE suspicions.service_name IS NOT DISTINCT FROM $service AND p_value IS NULL
ORDER BY started_at DESC, run
LIMIT $most
