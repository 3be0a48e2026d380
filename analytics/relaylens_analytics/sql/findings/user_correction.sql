-- The person had to correct the agent several times.
-- id: U1
-- layer: run
-- reads: content
-- on: no
-- parameter: least_times = 2, messages with words of correction
-- needs: user_turns
SELECT 'user_correction' AS detector, 'low' AS severity, u.run, arg_max(w.trace_id, u.t0) AS trace_id, arg_max(w.span_id, u.t0) AS span_id,
       list(w.trace_id || ':' || w.span_id ORDER BY u.t0) AS span_ids,
       u.agent, u.agent AS blamed_agent, 'inferred' AS certainty,
       'The person corrected ' || coalesce(u.agent, 'the agent') || ' ' || count(*) || ' times' AS message,
       left(arg_max(u.text, u.t0), 501) AS evidence, max(u.t0) AS found_at
FROM user_turns AS u
JOIN work_spans AS w USING (span)
WHERE regexp_matches(u.text, '(?i)\b(no,|not what i|that''?s (not|wrong|incorrect)|is (wrong|incorrect|not (right|correct))|i (said|meant|asked)|you (misunderstood|forgot|missed)|actually,|are you sure|as i (said|mentioned)|again,)')
GROUP BY u.run, u.step, u.agent
HAVING count(*) >= getvariable('user_correction_least_times')
