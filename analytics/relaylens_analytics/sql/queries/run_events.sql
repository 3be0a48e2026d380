-- What happened in a slice of a run, in the order of time, with what was said?
-- $run; $conversation: NULL where the run's id says enough; $since, $until: NULL for no limit.
-- $limit and $offset: the page. `total` counts all. $text_limit: characters of each text. Calls that are handoffs or questions stand there once.
-- `said`: what was given, asked, sent, or is the evidence; `came_back`: what was produced or received.
WITH offered AS (
    SELECT * FROM handoffs WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation) AND NOT is_return
),
asked AS (
    SELECT * FROM escalations WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
),
shown AS (
    SELECT trace_id, span_id FROM offered WHERE span_id IS NOT NULL
    UNION ALL
    SELECT trace_id, span_id FROM asked WHERE span_id IS NOT NULL
),
-- A `_text` is one, a `_cell` may only refer to it.
happened AS (
    SELECT
        'turn' AS kind, 1 AS place, started_at AS happened_at, agent, step AS id, trace_id, span_id, step,
        outcome, outcome_evidence, outcome_rule, position, agent_version, model_calls, tool_calls,
        duration_ms, model, input_tokens, output_tokens, cost_usd, input AS said_cell, output AS returned_cell
    FROM steps
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
    UNION ALL BY NAME
    SELECT
        CASE WHEN is_leaf_llm THEN 'model' ELSE 'tool' END AS kind, 3 AS place, started_at AS happened_at, agent, concat(trace_id, ':', span_id) AS id,
        trace_id, span_id, step,
        duration_ms, model, input_tokens, output_tokens, cost_usd, tool_name, is_error, is_soft_error, error_type,
        CASE WHEN NOT is_leaf_llm THEN tool_arguments END AS said_cell,
        CASE WHEN NOT is_leaf_llm THEN tool_result END AS returned_cell
    FROM span_facts
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
        AND (is_leaf_llm OR (span_class = 'tool' AND (trace_id, span_id) NOT IN (FROM shown)))
    UNION ALL BY NAME
    SELECT
        'handoff' AS kind, 5 AS place, offered_at AS happened_at, from_agent AS agent, handoff AS id, trace_id, span_id, from_step AS step,
        wait_ms AS duration_ms, to_agent, mode, succeeded, reason, rule, state, sent AS said_text, received AS returned_text
    FROM offered
    UNION ALL BY NAME
    SELECT
        'question' AS kind, 6 AS place, requested_at AS happened_at, agent, escalation AS id, trace_id, span_id,
        pending_ms AS duration_ms, state AS question_state, answered_by, question AS said_cell
    FROM asked
    UNION ALL BY NAME
    SELECT
        'answer' AS kind, 2 AS place, answered_at AS happened_at, agent, escalation AS id, trace_id, span_id,
        pending_ms AS duration_ms, state AS question_state, answered_by, answer AS said_cell
    FROM asked
    WHERE answered_at IS NOT NULL
    UNION ALL BY NAME
    SELECT
        'verdict' AS kind, 4 AS place, judged_at AS happened_at, validator AS agent, concat(trace_id, ':', coalesce(span_id, '')) AS id,
        trace_id, span_id, subject, verdict, reason AS said_cell
    FROM validations
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
    UNION ALL BY NAME
    SELECT
        'finding' AS kind, 7 AS place, found_at AS happened_at, agent, finding AS id, trace_id, span_id, step,
        detector, severity, message, blamed_agent, certainty, evidence AS said_text
    FROM findings
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
),
events AS MATERIALIZED (
    SELECT *, count(*) OVER () AS total
    FROM happened
    WHERE in_window(happened_at, $since, $until)
    ORDER BY happened_at NULLS LAST, place, trace_id, span_id, id
    LIMIT $limit OFFSET $offset
),
texts AS MATERIALIZED (
    SELECT cell, text_of(cell) AS text
    FROM (SELECT DISTINCT unnest([said_cell, returned_cell]) AS cell FROM events)
    WHERE cell[1] = chr(1)
)
SELECT
    events.* EXCLUDE (place, said_text, said_cell, returned_text, returned_cell)
        REPLACE (coalesce(is_error, FALSE) AS is_error, coalesce(is_soft_error, FALSE) AS is_soft_error),
    left(coalesce(said_text, in_full(said_cell, said.text)), $text_limit::BIGINT) AS said,
    left(coalesce(returned_text, in_full(returned_cell, returned.text)), $text_limit::BIGINT) AS came_back
FROM events
LEFT JOIN texts AS said ON said.cell = events.said_cell
LEFT JOIN texts AS returned ON returned.cell = events.returned_cell
ORDER BY happened_at NULLS LAST, place, trace_id, span_id, id
