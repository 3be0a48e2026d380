-- The last answer of a run was cut off at the model's limit of tokens.
-- id: T2b
-- layer: run
-- reads: structure
-- on: yes
-- exempt: answers that were cut off before the last one, and those that ask for a tool
-- needs: gen_ai.response.finish_reasons
SELECT 'truncated_output' AS detector, 'medium' AS severity, l.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       l.agent, l.agent AS blamed_agent, 'stated' AS certainty,
       'The answer of ' || coalesce(l.agent, 'the model') || ' was cut off at its limit of tokens' AS message, NULL AS evidence, w.t1 AS found_at
FROM (SELECT run, arg_max(span, (t0, span)) AS span, arg_max(agent, (t0, span)) AS agent FROM model_calls GROUP BY run) AS l
JOIN work_spans AS w USING (span)
WHERE regexp_matches(w.attributes['gen_ai.response.finish_reasons'], '(?i)\b(length|max_tokens|max_output_tokens|model_length)\b')
