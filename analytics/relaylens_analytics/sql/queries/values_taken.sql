-- Which later runs were given or said a value that first stood in an earlier one?
-- $since: later than this moment; $service: NULL for any; $values: the values, in lower case; $searched: the turns looked at, the next ones
-- after that moment; $limit: at most so many runs, earliest first. `values_held` are those that the run holds.
WITH later AS (
    SELECT run, conversation, agent, started_at, lower(coalesce(text_of(input), '') || ' ' || coalesce(text_of(output), '')) AS told
    FROM steps
    WHERE started_at > $since::TIMESTAMP AND ($service IS NULL OR service_name = $service)
    ORDER BY started_at, step
    LIMIT $searched
),
held AS (
    SELECT run, conversation, agent, started_at, list_filter($values::VARCHAR[], lambda value: contains(told, value)) AS found
    FROM later
)
SELECT run, conversation, min(started_at) AS started_at, list_sort(list_distinct(list(agent))) AS agents,
       list_sort(list_distinct(flatten(list(found)))) AS values_held
FROM held
WHERE len(found) > 0
GROUP BY run, conversation
ORDER BY started_at, run
LIMIT $limit
