-- The latest good runs of a deployment, as settling sees them.
-- $service: the deployment. $most: at most so many. $with_new: also those that settling has just derived.
SELECT run
FROM good_runs($service)
WHERE $with_new OR run NOT IN (SELECT run FROM new_runs)
ORDER BY started_at DESC, run
LIMIT $most
