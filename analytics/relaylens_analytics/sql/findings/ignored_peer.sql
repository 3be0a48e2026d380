-- An agent answered with something new, and nothing that was said or done after it has anything to do with it.
-- id: H5
-- layer: agents
-- reads: content
-- on: yes
-- parameter: least_words = 6, long words that an answer has to have: a shorter one acknowledges
-- exempt: answers without an identifier or a number of their own: acknowledgements, verdicts
-- exempt: an answer after which nothing more is said
-- exempt: agents of which another one was asked the same: a vote, or a race
-- needs: run_talk
-- needs: asked_peers
WITH answers AS (
    SELECT e.edge, e.run, e.span, e.from_step, e.to_step, e.from_agent, e.to_agent, e.to_t1 AS t1, t.text, t.handed
    FROM asked_peers AS e
    JOIN (
        SELECT step, arg_max(text, t) AS text, arg_max(handed, t) AS handed
        FROM run_talk
        SEMI JOIN (SELECT to_step AS step FROM asked_peers) AS a USING (step)
        WHERE kind = 'said'
        GROUP BY step
    ) AS t ON t.step = e.to_step
    WHERE e.to_outcome IN ('completed', 'escalated') AND len(t.handed) > 0 AND (e.mode = 'return_to_caller' OR e.is_called)
      AND NOT EXISTS (SELECT 1 FROM repeated_requests AS r WHERE e.to_step IN (r.to_step, r.again_step) AND r.to_agent <> r.again_to)
),

-- what the answer was the first to say, and what was said and asked for after it
compared AS (
    SELECT a.edge, any_value(a.text) AS text,
           list_filter(any_value(a.handed), lambda v: len(regexp_replace(v, '[^\p{L}\p{N}]', '', 'g')) >= 4) AS handed,
           flatten(list(t.handed) FILTER (WHERE t.t <= a.t1 AND t.step IS DISTINCT FROM a.to_step AND NOT (t.kind = 'fetched' AND t.step = a.from_step AND t.t >= a.t1 - 1000000000))) AS earlier,
           string_agg(lower(t.text), ' ') FILTER (WHERE t.t > a.t1 AND t.kind IN ('said', 'called', 'sent') AND t.step IS DISTINCT FROM a.to_step) AS later,
           flatten(list(t.handed) FILTER (WHERE t.t > a.t1 AND t.kind IN ('said', 'called', 'sent') AND t.step IS DISTINCT FROM a.to_step)) AS later_values
    FROM answers AS a
    JOIN run_talk AS t USING (run)
    GROUP BY a.edge
),

ignored AS (
    SELECT edge, list_filter(handed, lambda v: NOT list_contains(coalesce(earlier, []), v)) AS own,
           list_filter(list_distinct(string_split(trim(as_words(text)), ' ')), lambda w: len(w) >= 5 AND NOT regexp_matches(w, '\d')) AS words, later
    FROM compared
    WHERE trim(later) <> '' AND len(own) > 0
      AND NOT list_has_any(handed, later_values) AND len(list_filter(handed, lambda v: contains(later, lower(v)))) = 0
)

SELECT 'ignored_peer' AS detector, 'medium' AS severity, a.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id, p.trace_id || ':' || p.span_id] AS span_ids,
       a.from_agent AS agent, a.from_agent AS blamed_agent, p.trace_id || ':' || p.span_id AS blamed_step, 'rule' AS certainty,
       'What ' || a.to_agent || ' answered ' || a.from_agent || ' was never used: ' || array_to_string(i.own[:5], ', ') AS message,
       left(a.text, 501) AS evidence, a.t1 AS found_at
FROM ignored AS i
JOIN answers AS a USING (edge)
JOIN work_spans AS w ON w.span = a.to_step
JOIN work_spans AS p ON p.span = a.from_step
-- words of it that come again show that it was heard
WHERE len(i.words) >= getvariable('ignored_peer_least_words') AND len(list_filter(i.words, lambda v: contains(i.later, v))) <= 0.1 * len(i.words)
