-- What did the good runs of a service do: which agents, handoffs and tools did they have, and whose turn did no run of a workflow lack?
-- $service; $since, $until: NULL for no limit. $least_runs: of a workflow, without which it requires nothing. $limit: so many at most.
WITH good AS (
    SELECT runs.conversation, runs.run, runs.name
    FROM runs
    SEMI JOIN good_runs($service) AS known USING (run)
    WHERE runs.service_name = $service AND in_window(runs.started_at, $since, $until)
),
turns AS (
    SELECT DISTINCT good.name AS workflow, good.conversation, good.run, steps.agent
    FROM steps
    JOIN good USING (conversation, run)
),
workflows AS (
    SELECT name, count(*) AS runs FROM good GROUP BY name HAVING count(*) >= $least_runs
)
SELECT 'agent' AS part, agent AS name, NULL AS target, count(*) AS runs FROM turns GROUP BY ALL
UNION ALL
SELECT 'handoff', from_agent, CASE WHEN target_type = 'human' THEN 'human' ELSE to_agent END AS target, count(DISTINCT (conversation, run))
FROM handoffs
SEMI JOIN good USING (conversation, run)
WHERE NOT is_return AND to_agent IS NOT NULL AND ok
GROUP BY ALL
UNION ALL
SELECT 'tool', agent, tool_name, count(DISTINCT (conversation, run))
FROM span_facts
SEMI JOIN good USING (conversation, run)
WHERE span_class = 'tool' AND agent IS NOT NULL AND tool_name IS NOT NULL
GROUP BY ALL
UNION ALL
SELECT 'required', workflow, agent, count(*)
FROM turns
JOIN workflows ON workflows.name = turns.workflow
GROUP BY workflow, agent, workflows.runs
HAVING count(*) = workflows.runs
ORDER BY part, runs DESC, name, target
LIMIT $limit
