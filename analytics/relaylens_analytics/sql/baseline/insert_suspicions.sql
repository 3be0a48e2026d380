-- Stores the suspicion of each run, and how unusual each act of a flagged one is.
INSERT INTO suspicions BY NAME
SELECT v.run, v.conversation, p.service_name, v.history, v.p_value, v.suspicion, v.alarm, v.views,
       list_transform(list_zip(p.acts, v.scores), lambda pair: {'trace_id': pair[1].trace_id, 'span_id': pair[1].span_id, 'score': pair[2]}) AS steps
FROM verdicts AS v
JOIN run_profiles AS p USING (run, conversation)
