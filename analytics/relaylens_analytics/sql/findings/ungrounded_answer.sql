-- An answer states a number or an identifier that neither the conversation nor any tool has given.
-- id: G2
-- layer: run
-- reads: content
-- on: measured
-- exempt: numbers of less than three digits, years and dates
-- needs: ungrounded_values
SELECT 'ungrounded_answer' AS detector, 'medium' AS severity, u.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'rule' AS certainty,
       'The agent ' || coalesce(f.agent, 'unknown') || ' states what nothing has given it' AS message,
       left(array_to_string(u.values, ', '), 501) AS evidence, w.t1 AS found_at
FROM ungrounded_values AS u
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
WHERE u.is_answer
