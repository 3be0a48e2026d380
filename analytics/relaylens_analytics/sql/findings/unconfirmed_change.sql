-- A call changed something though no message of the person before it says yes.
-- id: C2
-- layer: run
-- reads: content
-- on: no
-- exempt: runs in which the person says a word of agreement anywhere
-- needs: user_turns
-- needs: called_tools
SELECT 'unconfirmed_change' AS detector, 'low' AS severity, c.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       c.agent, c.agent AS blamed_agent, 'inferred' AS certainty,
       'The tool ' || c.tool_key || ' changed something without a word of agreement' AS message, left(c.arguments, 501) AS evidence, c.t0 AS found_at
FROM called_tools AS c
JOIN work_spans AS w USING (span)
WHERE c.is_write AND c.worked AND c.run IN (SELECT run FROM user_turns)
  AND c.run NOT IN (
      SELECT run FROM user_turns
      WHERE regexp_matches(text, '(?i)\b(yes|yeah|yep|sure|ok|okay|correct|confirm(ed)?|proceed|go ahead|please do|sounds good|agreed|that works|do it|i accept)\b')
  )
QUALIFY row_number() OVER (PARTITION BY c.run ORDER BY c.t0, c.span) = 1
