-- The runs that settling has just derived, and with $again also the latest ones of every deployment; of each the deployment.
-- $again: whether verdicts have changed. $most: at most so many of a deployment.
SELECT service_name, run FROM new_runs WHERE outcome <> 'running'
UNION
SELECT service_name, run
FROM runs
WHERE $again AND outcome <> 'running'
QUALIFY row_number() OVER (PARTITION BY service_name ORDER BY started_at DESC, run) <= $most
