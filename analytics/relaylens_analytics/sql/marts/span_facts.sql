-- What each span is in the network.
SELECT w.trace_id, w.span_id, c.conversation, f.run, w.trace_id || ':' || o.span_id AS step, f.agent, f.agent_rule,
       CASE WHEN k.span_class = 'tool' AND h.span_id IS NOT NULL THEN 'handoff' ELSE k.span_class END AS span_class,
       k.rule AS class_rule, t.tool_key AS tool_name,
       coalesce(w.tool_arguments, ltrim(left(t.arguments, 4000), chr(1))) AS tool_arguments,
       coalesce(w.tool_result, ltrim(left(t.result, 4000), chr(1))) AS tool_result,
       coalesce(e.is_error, FALSE) AS is_error, w.error_class AS error_type, w.is_control_flow, coalesce(e.is_soft_error, FALSE) AS is_soft_error,
       m.span IS NOT NULL AS is_leaf_llm, coalesce(m.model, w.model) AS model, m.input_tokens, m.output_tokens, m.cost AS cost_usd,
       w.started_at, w.ended_at, (w.t1 - w.t0) / 1e6 AS duration_ms, w.service_name,
       w.batch, w.ordinal, CASE WHEN w.parent_span_id IS NOT NULL THEN w.parent IS NOT NULL END AS parent_held, w.is_whole,
       coalesce(TRY_CAST(w.attributes['relaylens.sequence'] AS BIGINT) BETWEEN 1 AND 1000000000000, FALSE) AS is_numbered
FROM work_facts AS f
JOIN work_spans AS w USING (span)
JOIN work_classes AS k USING (span)
JOIN work_traces AS c ON c.trace = f.trace
LEFT JOIN work_rows AS o ON o.span = f.step
LEFT JOIN span_errors AS e USING (span)
LEFT JOIN work_tools AS t USING (span)
LEFT JOIN model_calls AS m USING (span)
LEFT JOIN (SELECT DISTINCT trace_id, span_id FROM new_handoffs WHERE rule <> 'model_tool_call') AS h ON h.trace_id = w.trace_id AND h.span_id = w.span_id
