-- Two agents were asked the same and came to different values, or to opposite verdicts.
-- id: P2
-- layer: agents
-- reads: content
-- on: yes
-- exempt: answers that say different things: only another value beside the same words, or a yes against a no, is a contradiction
-- exempt: three agents or more that were asked the same: a vote, in which somebody may be outvoted
-- needs: repeated_requests
WITH pairs AS (
    SELECT *, replace(as_words(answer), ' ‖', '') AS words, replace(as_words(again_answer), ' ‖', '') AS again_words,
           list_filter(handed, lambda v: NOT contains(again_answer, v) AND NOT list_contains(list_transform(again_handed, lambda a: as_number(a)), as_number(v))) AS ours,
           list_filter(again_handed, lambda v: NOT contains(answer, v) AND NOT list_contains(list_transform(handed, lambda a: as_number(a)), as_number(v))) AS theirs
    FROM repeated_requests
    WHERE to_agent <> again_to AND to_outcome IN ('completed', 'escalated') AND again_outcome IN ('completed', 'escalated')
    QUALIFY greatest(count(*) OVER (PARTITION BY run, to_step), count(*) OVER (PARTITION BY run, again_step)) < 2
),

-- the words before a value on one side stand before another value on the other
valued AS (
    SELECT p.*, v.value, list_filter(theirs, lambda a: contains(again_words, array_to_string(string_split(trim(split_part(words, as_words(v.value), 1)), ' ')[-3:], ' ') || as_words(a))
                                                       OR contains(again_words, as_words(a) || array_to_string(string_split(trim(split_part(words, as_words(v.value), 2)), ' ')[:3], ' '))) AS others
    FROM pairs AS p
    CROSS JOIN LATERAL (SELECT unnest(p.ours) AS value) AS v
),

opposed AS (
    SELECT edge, again, run, to_agent, again_to, to_step, again_step, again_t0, value, others[1] AS other FROM valued WHERE len(others) > 0
    UNION ALL
    SELECT edge, again, run, to_agent, again_to, to_step, again_step, again_t0, left(answer, 60), left(again_answer, 60)
    FROM pairs
    WHERE regexp_matches(words, '^ (verdict |result |decision |answer )?(yes|approved?|pass(ed)?|accept(ed)?|valid|correct|true) ')
          AND regexp_matches(again_words, '^ (verdict |result |decision |answer )?(no|reject(ed)?|den(y|ied)|fail(ed)?|declined?|invalid|incorrect|wrong|false|not) ')
       OR regexp_matches(again_words, '^ (verdict |result |decision |answer )?(yes|approved?|pass(ed)?|accept(ed)?|valid|correct|true) ')
          AND regexp_matches(words, '^ (verdict |result |decision |answer )?(no|reject(ed)?|den(y|ied)|fail(ed)?|declined?|invalid|incorrect|wrong|false|not) ')
),

-- what was said before tells which of them is wrong
witnessed AS (
    SELECT o.*,
           bool_or(t.t < o.again_t0 AND contains(t.text, o.value) AND t.step IS DISTINCT FROM o.to_step AND t.kind <> 'fetched') AS ours_known,
           bool_or(t.t < o.again_t0 AND contains(t.text, o.other) AND t.step IS DISTINCT FROM o.again_step AND t.kind <> 'fetched') AS theirs_known
    FROM opposed AS o
    JOIN run_talk AS t USING (run)
    GROUP BY ALL
)

SELECT 'contradiction' AS detector, 'high' AS severity, c.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id, f.trace_id || ':' || f.span_id] AS span_ids,
       c.again_to AS agent, CASE WHEN c.ours_known AND NOT c.theirs_known THEN c.again_to WHEN c.theirs_known AND NOT c.ours_known THEN c.to_agent END AS blamed_agent,
       CASE WHEN c.theirs_known AND NOT c.ours_known THEN f.trace_id || ':' || f.span_id END AS blamed_step, 'rule' AS certainty,
       'Asked the same, ' || c.to_agent || ' says ' || c.value || ' and ' || c.again_to || ' says ' || c.other AS message,
       c.value || ' / ' || c.other AS evidence, c.again_t0 AS found_at
FROM witnessed AS c
JOIN work_spans AS w ON w.span = c.again_step
JOIN work_spans AS f ON f.span = c.to_step
QUALIFY row_number() OVER (PARTITION BY c.edge, c.again ORDER BY c.value) = 1
