-- The last answer of an agent's turn, or a call of a tool, was cut off at the model's limit of tokens.
-- id: T2b
-- layer: run
-- reads: structure
-- on: yes
-- exempt: answers before the last one of a turn that ask for no tool
-- needs: cut_answers
SELECT 'truncated_answer' AS detector, 'medium' AS severity, f.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'stated' AS certainty,
       'The answer of ' || coalesce(f.agent, 'the model') || ' was cut off at its limit of tokens' AS message,
       right(coalesce(r.text, ''), 200) AS evidence, w.t1 AS found_at
FROM cut_answers AS l
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
LEFT JOIN reply_texts AS r USING (span)
