-- A person was asked, and before there was an answer the run ended with one of its own: who asked or another agent did not wait.
-- id: A2
-- layer: agents
-- reads: structure, content
-- on: yes
-- exempt: an answer that says that somebody has to decide, has been asked, or has taken over
-- exempt: agents that were at work beside the one that waits, and turns with nothing to add
-- exempt: deployments that never record an answer, unless the framework says itself that it pauses
-- exempt: an agent whose own turn went on to an answer in words after a question that only a tool's name tells: the person's answer is not recorded, unless the tool said that nobody has decided
-- needs: pending_questions
WITH last_words AS (
    SELECT s.run, arg_max({'step': s.step, 'agent': s.agent, 't0': s.t0, 't1': s.t1, 'text': o.text}, (s.t1, s.position)) AS answer
    FROM work_steps AS s
    SEMI JOIN pending_questions USING (run)
    JOIN step_outputs AS o USING (step)
    WHERE s.parent_step IS NULL AND o.text IS NOT NULL AND NOT is_blank(o.text) AND s.step NOT IN (SELECT step FROM idle_steps)
    GROUP BY s.run
)

SELECT 'answered_while_pending' AS detector, 'high' AS severity, q.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id, q.trace_id || ':' || q.span_id] AS span_ids,
       l.answer.agent AS agent, l.answer.agent AS blamed_agent, w.trace_id || ':' || w.span_id AS blamed_step, 'inferred' AS certainty,
       'The agent ' || l.answer.agent || ' gave an answer while the question of ' || coalesce(q.agent, 'an agent') || ' to a person was open' AS message,
       left(l.answer.text, 501) AS evidence, l.answer.t1 AS found_at
FROM pending_questions AS q
JOIN work_steps AS a ON a.step = q.step
JOIN last_words AS l ON l.run = q.run
JOIN work_spans AS w ON w.span = l.answer.step
WHERE l.answer.t1 < coalesce(q.answered, l.answer.t1 + 1) AND l.answer.t1 > q.asked
  AND (l.answer.t0 >= a.t1
       OR l.answer.step = q.step AND q.is_told_open AND EXISTS (SELECT 1 FROM reply_texts AS r WHERE r.step = q.step AND r.t0 >= q.asked AND r.calls = 0 AND NOT r.is_blank)
       OR a.parent_step IS NOT NULL AND l.answer.t0 <= a.t0 AND l.answer.t1 >= a.t1
          -- an answer that the model gave, be it as a call of a tool, and no account of the framework
          AND EXISTS (SELECT 1 FROM reply_texts AS r WHERE r.step = l.answer.step AND r.t0 >= a.t1 AND (NOT r.is_blank OR r.calls > 0)))
  AND NOT speaks_of_waiting(left(l.answer.text, 2000))
  AND NOT (q.rule IN ('person_tool', 'person_call') AND NOT q.is_told_open
           AND EXISTS (SELECT 1 FROM reply_texts AS r WHERE r.step = q.step AND r.t0 >= q.asked AND r.calls = 0 AND NOT r.is_blank AND NOT speaks_of_waiting(left(r.text, 2000))))
QUALIFY row_number() OVER (PARTITION BY l.answer.step ORDER BY q.asked, q.escalation) = 1
