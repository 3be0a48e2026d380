-- Which agents, handoffs and tools are declared, which were seen, and which are only one of the two?
-- $parts: agent, handoff, tool. $since, $until, $service: NULL for no limit. $limit: so many at most.
-- `state`: as_declared, not_seen, undeclared, or not_held where nothing of the kind is declared of the service, or of the agent.
WITH wanted AS (
    SELECT 'agent' AS part, service_name, name, NULL AS target FROM declared('agent')
    UNION ALL
    SELECT 'handoff', service_name, name, CASE WHEN is_person(target) THEN 'human' ELSE target END FROM declared('handoff')
    UNION ALL
    SELECT 'tool', service_name, name, target FROM declared('tool')
),
seen AS (
    SELECT 'agent' AS part, service_name, agent AS name, NULL AS target, count(*) AS times, max(started_at) AS last_at
    FROM steps
    WHERE in_window(started_at, $since, $until) AND ($service IS NULL OR service_name = $service)
    GROUP BY ALL
    UNION ALL
    SELECT 'handoff', service_name, from_agent, CASE WHEN target_type = 'human' THEN 'human' ELSE to_agent END, count(*), max(offered_at)
    FROM handoffs
    WHERE NOT is_return AND to_agent IS NOT NULL AND in_window(offered_at, $since, $until) AND ($service IS NULL OR service_name = $service)
    GROUP BY ALL
    UNION ALL
    SELECT 'tool', service_name, agent, tool_key(tool_name), sum(times)::BIGINT, max(last_at)
    FROM (
        SELECT service_name, agent, tool_name, count(*) AS times, max(started_at) AS last_at
        FROM span_facts
        WHERE list_contains($parts, 'tool') AND span_class = 'tool' AND agent IS NOT NULL AND tool_name IS NOT NULL
            AND in_window(started_at, $since, $until) AND ($service IS NULL OR service_name = $service)
        GROUP BY ALL
    )
    GROUP BY ALL
),
asked AS (
    -- a question to a person that no handoff shows
    SELECT service_name, agent AS name, 'human' AS target, count(*) AS times, max(requested_at) AS last_at
    FROM escalations
    WHERE in_window(requested_at, $since, $until) AND ($service IS NULL OR service_name = $service)
    GROUP BY ALL
),
held AS (
    SELECT DISTINCT part, service_name, CASE WHEN part = 'tool' THEN name END AS name FROM wanted
)
SELECT
    coalesce(w.part, s.part) AS part,
    coalesce(w.service_name, s.service_name) AS service_name,
    coalesce(w.name, s.name) AS name,
    coalesce(w.target, s.target) AS target,
    CASE
        WHEN w.part IS NOT NULL AND (s.part IS NOT NULL OR q.times > 0) THEN 'as_declared'
        WHEN w.part IS NOT NULL THEN 'not_seen'
        WHEN h.part IS NOT NULL THEN 'undeclared'
        ELSE 'not_held'
    END AS state,
    coalesce(s.times, q.times, 0) AS times,
    coalesce(s.last_at, q.last_at) AS last_at
FROM wanted AS w
FULL JOIN seen AS s
    ON s.part = w.part AND s.service_name = w.service_name AND s.name = w.name AND s.target IS NOT DISTINCT FROM w.target
LEFT JOIN asked AS q
    ON w.part = 'handoff' AND q.service_name = w.service_name AND q.name = w.name AND q.target = w.target
LEFT JOIN held AS h
    ON h.part = s.part AND h.service_name = s.service_name AND (h.name IS NULL OR h.name = s.name)
WHERE list_contains($parts, coalesce(w.part, s.part)) AND ($service IS NULL OR coalesce(w.service_name, s.service_name) = $service)
ORDER BY service_name, part, state DESC, times DESC, name, target
LIMIT $limit
