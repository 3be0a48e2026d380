-- Fills `unusual_runs`: of each flagged run the act it began with, and the most unusual ones as evidence.
INSERT INTO unusual_runs BY NAME
WITH flagged AS (
    SELECT v.run, v.conversation, v.p_value, v.message, epoch_us(v.ended_at) * 1000 AS found_at, p.acts[v.began_at] AS act,
           list_transform(
               list_reverse_sort(list_transform(list_zip(v.scores, p.acts), lambda pair: {'score': pair[1], 'span': pair[2].trace_id || ':' || pair[2].span_id}))[:3],
               lambda one: one.span
           ) AS span_ids
    FROM verdicts AS v
    JOIN run_profiles AS p USING (run, conversation)
    WHERE v.alarm AND v.began_at IS NOT NULL
)

SELECT f.run, f.conversation, f.act.trace_id AS trace_id, f.act.span_id AS span_id, f.span_ids, coalesce(k.agent, f.act.agent) AS agent, k.step,
       f.p_value, f.message, CASE WHEN f.act.form IS NOT NULL THEN f.act.name || ' answered in the form ' || f.act.form END AS evidence, f.found_at
FROM flagged AS f
LEFT JOIN span_facts AS k ON k.conversation = f.conversation AND k.trace_id = f.act.trace_id AND k.span_id = f.act.span_id
