-- What each span is in the network.
CREATE OR REPLACE TEMP TABLE new_span_facts AS
SELECT f.trace_id, f.span_id, c.conversation, f.run, f.trace_id || ':' || f.step_span AS step, f.agent, f.agent_rule,
       CASE WHEN k.span_class = 'tool' AND h.span_id IS NOT NULL THEN 'handoff' ELSE k.span_class END AS span_class,
       k.rule AS class_rule, t.tool_key AS tool_name,
       coalesce(w.tool_arguments, ltrim(left(t.arguments, 4000), chr(1))) AS tool_arguments,
       coalesce(w.tool_result, ltrim(left(t.result, 4000), chr(1))) AS tool_result,
       e.is_error, w.error_class AS error_type, w.is_control_flow, e.is_soft_error,
       m.span_id IS NOT NULL AS is_leaf_llm, coalesce(m.model, w.model) AS model, m.input_tokens, m.output_tokens, m.cost AS cost_usd,
       w.started_at, w.ended_at, (w.t1 - w.t0) / 1e6 AS duration_ms, w.service_name
FROM work_facts AS f
JOIN work_spans AS w USING (trace_id, span_id)
JOIN work_components AS c USING (trace_id)
JOIN work_classes AS k USING (trace_id, span_id)
JOIN span_errors AS e USING (trace_id, span_id)
LEFT JOIN work_tools AS t USING (trace_id, span_id)
LEFT JOIN model_calls AS m USING (trace_id, span_id)
LEFT JOIN (SELECT DISTINCT trace_id, span_id FROM new_handoffs WHERE rule <> 'model_tool_call') AS h USING (trace_id, span_id);
