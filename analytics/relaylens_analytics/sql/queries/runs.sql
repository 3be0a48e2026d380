-- Which runs match these filters, and how many are there in all?
-- $since, $until, $service, $outcomes (list), $agent (took part), $detector (has such a finding), $escalated (true or false), $conversation, $workflow,
-- $user, $min_ms (lasted at least), $search: NULL for no limit.
-- $search is looked for in what every run was asked and answered (the previews), and in all that agents were given or produced in the latest
-- $searched runs; where there are more, `searched_since` says from when on.
-- A pattern finds a text in any case in half the time that it takes to write all of it small; a very long text would make too large a pattern.
-- $sort: a column; $descending; $limit and $offset: the page. `total` counts all matches.
WITH wanted AS MATERIALIZED (
    -- Only what the order asks for goes through it: the rows are read once it is known which.
    SELECT
        rowid AS place,
        conversation,
        run,
        started_at,
        CASE $sort
            WHEN 'duration_ms' THEN duration_ms
            WHEN 'wait_ms' THEN wait_ms
            WHEN 'cost_usd' THEN cost_usd
            WHEN 'tokens' THEN coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
            WHEN 'handoffs' THEN handoffs
            WHEN 'handoffs_failed' THEN handoffs_failed
            WHEN 'escalations' THEN escalations
            WHEN 'findings' THEN findings
            WHEN 'errors' THEN errors + soft_errors
            WHEN 'steps' THEN steps
            WHEN 'rework' THEN rework
            WHEN 'retries' THEN retries
            WHEN 'started_at' THEN epoch_us(started_at)
        END::DOUBLE AS number_key,
        CASE $sort
            WHEN 'name' THEN name
            WHEN 'outcome' THEN outcome
            WHEN 'service_name' THEN service_name
            WHEN 'first_agent' THEN first_agent
            WHEN 'last_agent' THEN last_agent
        END AS text_key
    FROM runs
    WHERE in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND ($outcomes IS NULL OR list_contains($outcomes::VARCHAR[], outcome))
        AND ($escalated IS NULL OR (escalations > 0) = $escalated::BOOLEAN)
        AND ($conversation IS NULL OR conversation = $conversation)
        AND ($workflow IS NULL OR name = $workflow)
        AND ($user IS NULL OR user_id = $user)
        AND ($min_ms IS NULL OR duration_ms >= $min_ms::DOUBLE)
        AND ($agent IS NULL OR EXISTS (
            FROM steps WHERE steps.conversation = runs.conversation AND steps.run = runs.run AND steps.agent = $agent
        ))
        AND ($detector IS NULL OR EXISTS (
            FROM findings WHERE findings.conversation = runs.conversation AND findings.run = runs.run AND findings.detector = $detector
        ))
),
latest AS MATERIALIZED (
    SELECT place, conversation, run, started_at
    FROM wanted
    WHERE $search IS NOT NULL
    ORDER BY started_at DESC NULLS LAST, run
    LIMIT $searched
),
-- No turn begins before its run: earlier ones are not read.
turns AS MATERIALIZED (
    SELECT latest.place, unnest([turn.input, turn.output]) AS cell
    FROM (
        SELECT conversation, run, input, output FROM steps WHERE started_at >= (SELECT min(started_at) FROM latest)
        UNION ALL
        SELECT conversation, run, input, output FROM steps WHERE started_at IS NULL AND $search IS NOT NULL
    ) AS turn
    JOIN latest USING (conversation, run)
),
-- What agents pass on is one agent's output and the next one's input: each text is looked into once.
holding AS (
    SELECT cell
    FROM (SELECT cell, text_of(cell) AS text FROM (SELECT DISTINCT cell FROM turns))
    WHERE CASE
        WHEN length($search) <= 200 THEN regexp_matches(text, '(?i)' || regexp_escape($search))
        ELSE contains(lower(text), lower($search))
    END
),
told AS (
    SELECT place FROM turns SEMI JOIN holding USING (cell)
    UNION
    SELECT rowid
    FROM runs
    WHERE $search IS NOT NULL
        AND in_window(started_at, $since, $until)
        AND ($service IS NULL OR service_name = $service)
        AND CASE
            WHEN length($search) <= 200
            THEN regexp_matches(input_preview, '(?i)' || regexp_escape($search))
                OR regexp_matches(output_preview, '(?i)' || regexp_escape($search))
            ELSE contains(lower(input_preview), lower($search)) OR contains(lower(output_preview), lower($search))
        END
),
matching AS MATERIALIZED (
    SELECT place, run, started_at, number_key, text_key FROM wanted WHERE $search IS NULL OR place IN (FROM told)
),
-- A count beside the rows (`count(*) OVER ()`) would have all of them read by one thread.
page AS MATERIALIZED (
    SELECT *, (SELECT count(*) FROM matching) AS total
    FROM matching
    ORDER BY
        CASE WHEN $descending::BOOLEAN THEN NULL ELSE number_key END ASC NULLS LAST,
        CASE WHEN $descending::BOOLEAN THEN number_key END DESC NULLS LAST,
        CASE WHEN $descending::BOOLEAN THEN NULL ELSE text_key END ASC NULLS LAST,
        CASE WHEN $descending::BOOLEAN THEN text_key END DESC NULLS LAST,
        started_at DESC NULLS LAST,
        run
    LIMIT $limit OFFSET $offset
),
found AS MATERIALIZED (
    SELECT place, list(DISTINCT detector ORDER BY detector) AS detectors
    FROM findings
    JOIN (SELECT page.place, runs.conversation, runs.run FROM page JOIN runs ON runs.rowid = page.place) USING (conversation, run)
    GROUP BY place
)
SELECT
    shown.run, conversation, trace_id, traces, service_name, name, user_id, shown.started_at, ended_at, duration_ms, work_ms, wait_ms,
    outcome, outcome_evidence, outcome_rule, outcome_reason, first_agent, last_agent, agents, steps, handoffs, handoffs_failed,
    escalations, model_calls, tool_calls, errors, soft_errors, retries, rework, findings,
    found.detectors,
    input_tokens, output_tokens, cost_usd, input_preview, output_preview, spans,
    (SELECT CASE WHEN count(*) = $searched THEN min(started_at) END FROM latest) AS searched_since,
    total
FROM page
JOIN runs AS shown ON shown.rowid = page.place
LEFT JOIN found ON found.place = page.place
ORDER BY
    CASE WHEN $descending::BOOLEAN THEN NULL ELSE number_key END ASC NULLS LAST,
    CASE WHEN $descending::BOOLEAN THEN number_key END DESC NULLS LAST,
    CASE WHEN $descending::BOOLEAN THEN NULL ELSE text_key END ASC NULLS LAST,
    CASE WHEN $descending::BOOLEAN THEN text_key END DESC NULLS LAST,
    started_at DESC NULLS LAST,
    run
