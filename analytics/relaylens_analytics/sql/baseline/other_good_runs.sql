-- The latest good runs of a deployment but one, which is to be compared with them.
-- $service: the deployment. $run: the one. $most: at most so many.
SELECT run FROM good_runs($service) WHERE run <> $run ORDER BY started_at DESC, run LIMIT $most
