-- Which spans make a run, and what is each in the network?
-- $run; $conversation: NULL where the run's id says enough; $limit and $offset: the page, in order of start. `total` counts all.
WITH facts AS (
    SELECT *, count(*) OVER () AS total
    FROM span_facts
    WHERE run = $run AND ($conversation IS NULL OR conversation = $conversation)
    ORDER BY started_at NULLS LAST, trace_id, span_id
    LIMIT $limit OFFSET $offset
)
SELECT
    facts.trace_id, facts.span_id, any_value(spans.parent_span_id) AS parent_span_id,
    left(any_value(text_of(spans.name)), 300) AS name,
    facts.span_class, facts.class_rule, facts.agent, facts.agent_rule, facts.step, facts.tool_name, facts.model,
    facts.is_error, facts.is_soft_error, facts.is_control_flow, facts.error_type,
    any_value(spans.status_code) AS status_code,
    left(any_value(text_of(spans.status_message)), 300) AS status_message,
    facts.started_at, facts.ended_at, facts.duration_ms, facts.input_tokens, facts.output_tokens, facts.cost_usd, facts.service_name,
    facts.is_leaf_llm, facts.total
FROM facts
LEFT JOIN spans USING (trace_id, span_id)
GROUP BY ALL
ORDER BY facts.started_at NULLS LAST, facts.trace_id, facts.span_id
