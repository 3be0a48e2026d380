-- What happened in a slice of a run, in the order of time, with what was said?
-- $run; $conversation: NULL where the run's id says enough; $since, $until: NULL for no limit.
-- $limit and $offset: the page. `total` counts all. $text_limit: characters of each text. Calls that are handoffs or questions stand there once.
-- `said`: what was given, asked, sent, or is the evidence; `came_back`: what was produced or received.
WITH mine AS MATERIALIZED (
    SELECT trace_id, span_id, step, agent, span_class, is_leaf_llm, started_at
    FROM span_facts
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation) AND (is_leaf_llm OR span_class = 'tool')
),
offered AS (
    SELECT * FROM handoffs WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation) AND NOT is_return
),
asked AS (
    SELECT * FROM escalations WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
),
happened AS (
    SELECT 'turn' AS kind, 1 AS place, started_at AS happened_at, agent, step AS id, trace_id, span_id, step
    FROM steps
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
    UNION ALL
    SELECT
        CASE WHEN is_leaf_llm THEN 'model' ELSE 'tool' END, 3, started_at, agent, concat(trace_id, ':', span_id), trace_id, span_id, step
    FROM mine
    WHERE is_leaf_llm
        OR (
            span_class = 'tool'
            AND NOT EXISTS (FROM offered WHERE offered.trace_id = mine.trace_id AND offered.span_id = mine.span_id)
            AND NOT EXISTS (FROM asked WHERE asked.trace_id = mine.trace_id AND asked.span_id = mine.span_id)
        )
    UNION ALL
    SELECT 'handoff', 5, offered_at, from_agent, handoff, trace_id, span_id, from_step
    FROM offered
    UNION ALL
    SELECT 'question', 6, requested_at, agent, escalation, trace_id, span_id, NULL
    FROM asked
    UNION ALL
    SELECT 'answer', 2, answered_at, agent, escalation, trace_id, span_id, NULL
    FROM asked
    WHERE answered_at IS NOT NULL
    UNION ALL
    SELECT 'verdict', 4, judged_at, validator, concat(trace_id, ':', coalesce(span_id, '')), trace_id, span_id, NULL
    FROM validations
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
    UNION ALL
    SELECT 'finding', 7, found_at, agent, finding, trace_id, span_id, step
    FROM findings
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
),
page AS (
    SELECT *, count(*) OVER () AS total
    FROM happened
    WHERE in_window(happened_at, $since, $until)
    ORDER BY happened_at NULLS LAST, place, trace_id, span_id, id
    LIMIT $limit OFFSET $offset
),
events AS MATERIALIZED (
    SELECT
        page.kind, page.happened_at, page.agent, page.id, page.trace_id, page.span_id, page.step, page.place, page.total,
        steps.outcome, steps.outcome_evidence, steps.outcome_rule, steps.position, steps.agent_version, steps.model_calls, steps.tool_calls,
        coalesce(steps.duration_ms, facts.duration_ms, asked.pending_ms, offered.wait_ms) AS duration_ms,
        coalesce(facts.model, steps.model) AS model,
        coalesce(facts.input_tokens, steps.input_tokens) AS input_tokens,
        coalesce(facts.output_tokens, steps.output_tokens) AS output_tokens,
        coalesce(facts.cost_usd, steps.cost_usd) AS cost_usd,
        facts.tool_name,
        coalesce(facts.is_error, FALSE) AS is_error,
        coalesce(facts.is_soft_error, FALSE) AS is_soft_error,
        facts.error_type,
        offered.to_agent, offered.mode, offered.succeeded, offered.reason, offered.rule, offered.state,
        asked.state AS question_state, asked.answered_by,
        judged.subject, judged.verdict,
        found.detector, found.severity, found.message, found.blamed_agent, found.certainty,
        -- texts, and what may only refer to them
        CASE page.kind WHEN 'handoff' THEN offered.sent WHEN 'finding' THEN found.evidence END AS said_text,
        CASE page.kind
            WHEN 'turn' THEN steps.input
            WHEN 'tool' THEN facts.tool_arguments
            WHEN 'question' THEN asked.question
            WHEN 'answer' THEN asked.answer
            WHEN 'verdict' THEN judged.reason
        END AS said_cell,
        CASE page.kind WHEN 'handoff' THEN offered.received END AS returned_text,
        CASE page.kind WHEN 'turn' THEN steps.output WHEN 'tool' THEN facts.tool_result END AS returned_cell
    FROM page
    LEFT JOIN steps ON page.kind = 'turn' AND steps.step = page.id AND steps.run = $run
    LEFT JOIN span_facts AS facts
        ON page.kind IN ('model', 'tool') AND facts.run = $run AND facts.trace_id = page.trace_id AND facts.span_id = page.span_id
    LEFT JOIN offered ON page.kind = 'handoff' AND offered.handoff = page.id
    LEFT JOIN asked ON page.kind IN ('question', 'answer') AND asked.escalation = page.id
    LEFT JOIN validations AS judged
        ON page.kind = 'verdict' AND judged.run = $run AND judged.trace_id = page.trace_id AND judged.span_id IS NOT DISTINCT FROM page.span_id
    LEFT JOIN findings AS found ON page.kind = 'finding' AND found.finding = page.id AND found.run = $run
),
texts AS MATERIALIZED (
    SELECT cell, text_of(cell) AS text
    FROM (SELECT DISTINCT unnest([said_cell, returned_cell]) AS cell FROM events)
    WHERE cell[1] = chr(1)
)
SELECT
    events.* EXCLUDE (place, said_text, said_cell, returned_text, returned_cell),
    left(coalesce(said_text, in_full(said_cell, said.text)), $text_limit::BIGINT) AS said,
    left(coalesce(returned_text, in_full(returned_cell, returned.text)), $text_limit::BIGINT) AS came_back
FROM events
LEFT JOIN texts AS said ON said.cell = events.said_cell
LEFT JOIN texts AS returned ON returned.cell = events.returned_cell
ORDER BY happened_at NULLS LAST, place, trace_id, span_id, id
