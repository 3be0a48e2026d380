-- An agent says the same again in the same run, word for word.
-- id: L3
-- layer: run
-- reads: content
-- on: yes
-- parameter: shortest_text = 41, characters from which a message counts
-- parameter: least_times = 2, how often it has to come
-- exempt: questions, such as one for a confirmation
-- exempt: messages that come with a tool call
-- exempt: runs in which `loop` reports the repetition
-- needs: repeated_texts
SELECT 'repeated_message' AS detector, 'low' AS severity, r.run, any_value(w.trace_id) FILTER (WHERE m.place = 1) AS trace_id,
       any_value(w.span_id) FILTER (WHERE m.place = 1) AS span_id, list(w.trace_id || ':' || w.span_id ORDER BY m.place) AS span_ids,
       r.agent, r.agent AS blamed_agent, 'rule' AS certainty,
       'The agent ' || coalesce(r.agent, 'unknown') || ' said the same ' || r.times || ' times' AS message,
       left(r.text, 501) AS evidence, r.t1 AS found_at
FROM repeated_texts AS r
CROSS JOIN LATERAL (SELECT unnest(r.spans) AS span, generate_subscripts(r.spans, 1) AS place) AS m
JOIN work_spans AS w ON w.span = m.span
WHERE r.run NOT IN (
    SELECT run FROM looped_pairs
    UNION ALL SELECT run FROM repeated_delegations
    UNION ALL SELECT run FROM repeated_calls
    UNION ALL SELECT run FROM repeated_offers
)
GROUP BY r.run, r.agent, r.times, r.text, r.t1
