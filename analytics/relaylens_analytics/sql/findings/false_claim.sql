-- The run was to change something and ended with the word that it is done, though no call that changes anything worked.
-- id: C1
-- layer: run
-- reads: content
-- on: measured
-- exempt: requests that ask for no change
-- needs: called_tools
-- needs: reply_texts
SELECT 'false_claim' AS detector, 'medium' AS severity, r.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       r.agent, r.agent AS blamed_agent, 'inferred' AS certainty,
       'The agent ' || coalesce(r.agent, 'unknown') || ' said that it was done, and nothing was changed' AS message,
       left(r.text, 500) AS evidence, r.t1 AS found_at
FROM (SELECT run, arg_max(span, (t1, span)) AS span FROM reply_texts WHERE span_class = 'llm' AND NOT is_blank AND run IS NOT NULL GROUP BY run) AS l
JOIN reply_texts AS r USING (span)
JOIN work_spans AS w USING (span)
JOIN run_inputs AS i ON i.run = r.run
WHERE claims_success(left(r.text, 2000))
  AND regexp_matches(i.input_preview, '(?i)\b(add|book|buy|cancel|change|close|create|delete|edit|exchange|modify|move|order|pay|refund|remove|rename|replace|reschedule|return|send|set|submit|update|upgrade|write)\b')
  AND r.run IN (SELECT run FROM called_tools) AND r.run NOT IN (SELECT run FROM called_tools WHERE is_write AND worked)
  AND r.run NOT IN (SELECT run FROM new_handoffs WHERE NOT is_return)
