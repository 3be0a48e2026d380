-- The run ended in order, and the last thing its model did was to ask for a tool: nothing was said after it.
-- id: T2c
-- layer: run
-- reads: structure, content
-- on: no
-- exempt: runs that end with a handoff, a question to a person, or a tool made for the answer
-- needs: reply_texts
SELECT 'no_answer' AS detector, 'medium' AS severity, l.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       l.agent, l.agent AS blamed_agent, 'rule' AS certainty,
       'The run ended after ' || coalesce(l.agent, 'the model') || ' asked for a tool, without an answer' AS message, NULL AS evidence, w.t1 AS found_at
FROM (
    SELECT run, arg_max({'span': span, 'agent': agent, 'calls': calls, 'is_blank': is_blank}, (t1, span)) AS last
    FROM reply_texts
    WHERE span_class = 'llm' AND run IS NOT NULL
    GROUP BY run
) AS r
CROSS JOIN LATERAL (SELECT r.last.span AS span, r.last.agent AS agent, r.run AS run) AS l
JOIN work_spans AS w ON w.span = l.span
JOIN run_outcomes AS o ON o.run = l.run
WHERE r.last.calls > 0 AND r.last.is_blank AND o.outcome = 'completed' AND o.evidence <> 'stated'
  AND l.run NOT IN (SELECT run FROM new_handoffs) AND l.run NOT IN (SELECT run FROM new_escalations)
  AND NOT EXISTS (SELECT 1 FROM work_calls AS c WHERE c.span = l.span AND regexp_matches(c.tool_key, '(answer|finish|final|done|respond|reply|submit|end|stop|human)'))
