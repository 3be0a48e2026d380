-- A tool was called with a number or an identifier that neither the conversation nor an earlier result has given.
-- id: G1
-- layer: run
-- reads: content
-- on: measured
-- exempt: numbers of less than three digits, years and dates
-- needs: ungrounded_values
SELECT 'ungrounded_argument' AS detector, 'medium' AS severity, u.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       f.agent, f.agent AS blamed_agent, 'rule' AS certainty,
       'The tool ' || c.tool_key || ' was called with what nothing has given' AS message,
       left(array_to_string(u.values, ', '), 501) AS evidence, w.t0 AS found_at
FROM ungrounded_values AS u
JOIN called_tools AS c USING (span)
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
WHERE NOT u.is_answer
