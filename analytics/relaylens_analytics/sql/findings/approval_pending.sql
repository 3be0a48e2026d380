-- A person was asked and the answer is missing: the work waits, or it ended.
-- id: A1
-- layer: agents
-- reads: structure
-- on: yes
-- parameter: least_unanswered = 3, other questions of the same kind without any answer that show that answers are not recorded here
-- exempt: a question that was asked again and answered in its conversation, or with which a run of its own begins that goes on with the answer; each such run answers one
-- exempt: frameworks and instrumentations that never show an answer
-- needs: pending_questions
SELECT 'approval_pending' AS detector, 'medium' AS severity, run, trace_id, span_id, [trace_id || ':' || span_id] AS span_ids,
       agent, agent AS blamed_agent, CASE WHEN rule = 'stated' THEN 'rule' ELSE 'inferred' END AS certainty,
       'The question of ' || coalesce(agent, 'an agent') || ' to a person has no answer' AS message,
       left(question, 501) AS evidence, asked AS found_at
FROM pending_questions
WHERE answered IS NULL AND is_recorded
