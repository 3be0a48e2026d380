-- Which conversations are there, and how did each stand last?
-- $since, $until, $service: NULL for no limit. $limit and $offset: the page, the latest first. `total` counts all.
WITH page AS (
    SELECT *, count(*) OVER () AS total
    FROM conversations
    WHERE in_window(started_at, $since, $until) AND ($service IS NULL OR service_name = $service)
    ORDER BY started_at DESC NULLS LAST, conversation
    LIMIT $limit OFFSET $offset
),
run_sums AS (
    SELECT
        conversation,
        arg_max(outcome, started_at) AS last_outcome,
        sum(handoffs) AS handoffs,
        sum(handoffs_failed) AS handoffs_failed,
        sum(escalations) AS escalations,
        sum(findings) AS findings,
        sum(cost_usd) AS cost_usd
    FROM runs
    SEMI JOIN page USING (conversation)
    GROUP BY conversation
)
SELECT
    page.conversation, page.service_name, page.traces, page.runs, page.started_at, page.ended_at, page.rule,
    run_sums.last_outcome,
    run_sums.handoffs::BIGINT AS handoffs,
    run_sums.handoffs_failed::BIGINT AS handoffs_failed,
    run_sums.escalations::BIGINT AS escalations,
    run_sums.findings::BIGINT AS findings,
    run_sums.cost_usd,
    page.total
FROM page
LEFT JOIN run_sums USING (conversation)
ORDER BY page.started_at DESC NULLS LAST, page.conversation
