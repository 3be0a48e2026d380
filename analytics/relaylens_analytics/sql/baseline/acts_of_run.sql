-- What a run did, act by act in order, and in whose turn.
-- $run, $conversation.
WITH acts AS (
    SELECT unnest(acts) AS act, generate_subscripts(acts, 1) AS place FROM run_profiles WHERE run = $run AND conversation = $conversation
),

turns AS (
    SELECT step, position, agent FROM steps WHERE run = $run AND conversation = $conversation
)

SELECT a.act.trace_id AS trace_id, a.act.span_id AS span_id, a.act.kind AS kind, a.act.name AS name, coalesce(t.agent, a.act.agent) AS agent,
       t.step, t.position
FROM acts AS a
LEFT JOIN span_facts AS f ON f.conversation = $conversation AND f.run = $run AND f.trace_id = a.act.trace_id AND f.span_id = a.act.span_id
LEFT JOIN turns AS t ON t.step = f.step
ORDER BY a.place
