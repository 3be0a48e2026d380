-- What has each version of an agent touched: runs, other agents, people, and since when?
-- $since, $until, $service, $agent; $version: NULL for every version; $limit: at most so many versions, the latest first.
-- Other agents are those that had a turn of the same run after it; people were asked in the run after its turn, or are the run's user.
-- A run is known by a hash of 64 bits: its ids are long, and there may be hundreds of thousands of runs.
WITH mine AS MATERIALIZED (
    SELECT agent_version, hash(conversation, run) AS place, min(started_at) AS first_at, max(started_at) AS last_at, count(*) AS turns
    FROM steps
    WHERE agent = $agent
        AND ($version IS NULL OR agent_version = $version)
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
    GROUP BY ALL
),
others AS (
    SELECT mine.agent_version, list_sort(list(DISTINCT steps.agent)) AS agents
    FROM mine
    JOIN steps ON hash(steps.conversation, steps.run) = mine.place
    WHERE steps.agent <> $agent
        AND steps.started_at >= mine.first_at
        AND ($since IS NULL OR steps.started_at >= $since::TIMESTAMP)
    GROUP BY mine.agent_version
),
asked AS (
    SELECT mine.agent_version, count(*) AS escalations,
           count(*) FILTER (escalations.answered_at IS NULL) AS open_escalations,
           coalesce(list_sort(list_distinct(list(escalations.answered_by) FILTER (escalations.answered_by IS NOT NULL))), []) AS answered_by
    FROM mine
    JOIN escalations ON hash(escalations.conversation, escalations.run) = mine.place
    WHERE escalations.requested_at >= mine.first_at
    GROUP BY mine.agent_version
),
found AS (
    SELECT mine.agent_version, count(*) AS findings, count(DISTINCT (findings.conversation, findings.run)) AS runs_with_findings
    FROM mine
    JOIN findings ON hash(findings.conversation, findings.run) = mine.place
    WHERE findings.blamed_agent = $agent
    GROUP BY mine.agent_version
),
touched AS (
    SELECT mine.agent_version, count(*) AS runs, sum(mine.turns)::BIGINT AS turns, min(mine.first_at) AS first_at, max(mine.last_at) AS last_at,
           count(*) FILTER (runs.outcome IN ('failed', 'abandoned')) AS lost_runs,
           count(DISTINCT runs.user_id) AS users,
           arg_max(runs.run, runs.started_at) AS last_run, arg_max(runs.conversation, runs.started_at) AS last_conversation
    FROM mine
    JOIN runs ON hash(runs.conversation, runs.run) = mine.place
    GROUP BY mine.agent_version
)
SELECT touched.agent_version, touched.runs, touched.turns, touched.lost_runs, touched.users, touched.first_at, touched.last_at,
       coalesce(others.agents, []) AS agents, coalesce(asked.escalations, 0) AS escalations, coalesce(asked.open_escalations, 0) AS open_escalations,
       coalesce(asked.answered_by, []) AS answered_by, coalesce(found.findings, 0) AS findings,
       coalesce(found.runs_with_findings, 0) AS runs_with_findings, touched.last_run, touched.last_conversation
FROM touched
LEFT JOIN others ON others.agent_version IS NOT DISTINCT FROM touched.agent_version
LEFT JOIN asked ON asked.agent_version IS NOT DISTINCT FROM touched.agent_version
LEFT JOIN found ON found.agent_version IS NOT DISTINCT FROM touched.agent_version
ORDER BY touched.first_at DESC NULLS LAST, touched.agent_version
LIMIT $limit
