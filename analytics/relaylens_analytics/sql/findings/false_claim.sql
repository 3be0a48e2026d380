-- The run was to change something and ended with the word that it is done, though no call that changes anything worked.
-- id: C1
-- layer: run
-- reads: content
-- on: measured
-- exempt: requests that ask for no change
-- needs: called_tools
-- needs: reply_texts
WITH last_words AS (
    SELECT run, arg_max(span, (t1, span)) AS span
    FROM reply_texts
    WHERE span_class = 'llm' AND NOT is_blank AND run IN (SELECT run FROM called_tools) AND run NOT IN (SELECT run FROM called_tools WHERE is_write AND worked AND run IS NOT NULL)
          AND run NOT IN (SELECT run FROM new_handoffs WHERE NOT is_return AND run IS NOT NULL)
    GROUP BY run
),

-- held for itself: read together with all answers, the words of each would be looked at
asked AS MATERIALIZED (
    SELECT r.span, r.run, r.agent, r.t1, r.text
    FROM last_words
    JOIN reply_texts AS r USING (span)
    JOIN run_inputs AS i ON i.run = r.run
    WHERE regexp_matches(i.input_preview, '(?i)\b(add|book|buy|cancel|change|close|create|delete|edit|exchange|modify|move|order|pay|refund|remove|rename|replace|reschedule|return|send|set|submit|update|upgrade|write)\b')
)

SELECT 'false_claim' AS detector, 'medium' AS severity, r.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       r.agent, r.agent AS blamed_agent, 'inferred' AS certainty,
       'The agent ' || coalesce(r.agent, 'unknown') || ' said that it was done, and nothing was changed' AS message,
       left(r.text, 501) AS evidence, r.t1 AS found_at
FROM asked AS r
JOIN work_spans AS w USING (span)
WHERE claims_success(left(r.text, 2000))
