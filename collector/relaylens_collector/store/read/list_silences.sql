-- Has each deployment whose rhythm is known gone silent? The ones with most runs.
-- $now: the moment to judge at. $services: how many.
SELECT coalesce(service_name, '') AS service, is_silent
FROM silences($now)
WHERE missed IS NOT NULL
ORDER BY runs DESC, service
LIMIT $services;
