-- From which deployments has nothing come for longer than by their own rhythm, and how near to that are the others?
-- $now: the moment to judge at. $service: NULL for all. $silent: only those that have gone silent. $limit: at most so many.
SELECT service_name, runs, seen_at, silent_for_ms, missed, longest_missed,
       CASE WHEN is_silent THEN 'silent' WHEN missed IS NULL THEN 'unknown' ELSE 'usual' END AS state
FROM silences($now)
WHERE ($service IS NULL OR service_name = $service) AND (NOT coalesce($silent, FALSE) OR is_silent)
ORDER BY is_silent DESC, missed DESC NULLS LAST, service_name NULLS FIRST
LIMIT $limit
