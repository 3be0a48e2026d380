-- Which spans make a run, and what is each in the network?
-- $run; $conversation: NULL where the run's id says enough; $limit and $offset: the page, in order of start. `total` counts all.
WITH facts AS MATERIALIZED (
    SELECT *, count(*) OVER () AS total
    FROM span_facts
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
    ORDER BY started_at NULLS LAST, trace_id, span_id
    LIMIT $limit OFFSET $offset
),
own AS MATERIALIZED (
    SELECT batch, ordinal, parent_span_id, name, status_code, status_message FROM spans JOIN facts USING (batch, ordinal)
),
said AS MATERIALIZED (
    SELECT cell, text_of(cell) AS text
    FROM (SELECT DISTINCT unnest([name, status_message]) AS cell FROM own)
    WHERE cell[1] = chr(1)
)
SELECT
    facts.trace_id, facts.span_id, own.parent_span_id,
    left(in_full(own.name, names.text), 300) AS name,
    facts.span_class, facts.class_rule, facts.agent, facts.agent_rule, facts.step, facts.tool_name, facts.model,
    facts.is_error, facts.is_soft_error, facts.is_control_flow, facts.error_type,
    own.status_code,
    left(in_full(own.status_message, messages.text), 300) AS status_message,
    facts.started_at, facts.ended_at, facts.duration_ms, facts.input_tokens, facts.output_tokens, facts.cost_usd, facts.service_name,
    facts.is_leaf_llm, facts.total
FROM facts
LEFT JOIN own USING (batch, ordinal)
LEFT JOIN said AS names ON names.cell = own.name
LEFT JOIN said AS messages ON messages.cell = own.status_message
ORDER BY facts.started_at NULLS LAST, facts.trace_id, facts.span_id
