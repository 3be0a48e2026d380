-- Stores the suspicion of each run, and how unusual each act of a flagged one is.
INSERT INTO suspicions BY NAME
SELECT v.run, v.conversation, v.service_name, v.history, v.p_value, v.suspicion, v.alarm, v.views, s.steps
FROM verdicts AS v
LEFT JOIN (
    SELECT p.run, p.conversation,
           list_transform(list_zip(p.acts, f.scores), lambda pair: {'trace_id': pair[1].trace_id, 'span_id': pair[1].span_id, 'score': pair[2]}) AS steps
    FROM (SELECT run, conversation, scores FROM verdicts WHERE scores IS NOT NULL) AS f
    JOIN run_profiles AS p USING (run, conversation)
) AS s ON s.run = v.run AND s.conversation = v.conversation
