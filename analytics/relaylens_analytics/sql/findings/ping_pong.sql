-- Two agents took turns again and again, and each said only what it had said before.
-- id: H3
-- layer: agents
-- reads: structure, content, baseline
-- on: yes
-- parameter: least_returns = 3, how often the work has to come back to an agent that says the same again
-- parameter: least_history = 12, earlier runs with the two, beside which they take turns more than twice as often, where what they say is not recorded
-- exempt: agents that say something new in each turn, and work that a tool's new result moves on
-- exempt: work handed back and forth by stated handoffs, and the same request delegated again and again: both are a loop
-- needs: repeated_turns
WITH turns AS (
    SELECT s.step, s.run, s.agent, s.t0, s.t1, w.trace_id || ':' || w.span_id AS place,
           lag(s.agent) OVER in_order IS DISTINCT FROM s.agent AS is_switch,
           trim(o.text) <> '' AND row_number() OVER (PARTITION BY s.run, trim(o.text) ORDER BY s.t0, s.t1, s.step) > 1 AS is_repeated
    FROM work_steps AS s
    JOIN work_spans AS w ON w.span = s.step
    LEFT JOIN step_outputs AS o USING (step)
    WHERE s.run IN (SELECT r.run FROM work_steps AS r SEMI JOIN repeated_turns USING (step)) AND s.parent_step IS NULL
    WINDOW in_order AS (PARTITION BY s.run ORDER BY s.t0, s.t1, s.step)
),

worked AS (
    SELECT DISTINCT f.step FROM work_tools AS t JOIN work_facts AS f USING (span) WHERE t.span NOT IN (SELECT span FROM handoff_candidates) AND f.step IS NOT NULL
),

-- turns of one agent in a row are one
numbered AS (
    SELECT t.*, w.step IS NOT NULL AS has_worked, sum(t.is_switch::INTEGER) OVER (PARTITION BY t.run ORDER BY t.t0, t.t1, t.step) AS turn
    FROM turns AS t
    LEFT JOIN worked AS w USING (step)
),

joined AS (
    SELECT run, turn, any_value(agent) AS agent, min(t0) AS t0, arg_min(step, t0) AS step, arg_min(place, t0) AS place,
           bool_and(coalesce(is_repeated, FALSE)) AND NOT bool_or(has_worked) AS says_nothing_new
    FROM numbered
    GROUP BY run, turn
),

in_order AS (
    SELECT *, lag(agent) OVER w AS before, lag(agent, 2) OVER w AS two_before FROM joined WINDOW w AS (PARTITION BY run ORDER BY turn)
),

returns AS (
    SELECT run, least(agent, before) AS a, greatest(agent, before) AS b, count(*) AS times, min(t0) AS t0, arg_min(step, t0) AS step,
           arg_min(before, t0) AS agent, list(place ORDER BY t0) AS span_ids
    FROM in_order
    WHERE two_before = agent AND says_nothing_new
    GROUP BY run, least(agent, before), greatest(agent, before)
    HAVING count(*) >= getvariable('ping_pong_least_returns')
)

SELECT 'ping_pong' AS detector, 'high' AS severity, r.run, w.trace_id, w.span_id,
       r.span_ids,
       r.agent, first_of.agent AS blamed_agent, first_of.trace_id || ':' || first_of.span_id AS blamed_step, 'rule' AS certainty,
       'The agents ' || r.a || ' and ' || r.b || ' took turns and repeated themselves ' || r.times || ' times' AS message,
       NULL AS evidence, r.t0 AS found_at
FROM returns AS r
JOIN work_spans AS w ON w.span = r.step
JOIN (
    SELECT r.run, r.a, r.b, arg_min(s.agent, s.t0) AS agent, arg_min(v.trace_id, s.t0) AS trace_id, arg_min(v.span_id, s.t0) AS span_id
    FROM returns AS r
    JOIN work_steps AS s ON s.run = r.run AND s.agent IN (r.a, r.b)
    JOIN work_spans AS v ON v.span = s.step
    GROUP BY r.run, r.a, r.b
) AS first_of USING (run, a, b)
WHERE NOT EXISTS (SELECT 1 FROM looped_pairs AS l WHERE l.run = r.run AND l.a = r.a AND l.b = r.b)
  AND NOT EXISTS (SELECT 1 FROM repeated_delegations AS d WHERE d.run = r.run AND least(d.from_agent, d.to_agent) = r.a AND greatest(d.from_agent, d.to_agent) = r.b)
UNION ALL
SELECT 'ping_pong', 'high', p.run, w.trace_id, w.span_id, p.span_ids, p.agent, p.agent, w.trace_id || ':' || w.span_id, 'inferred',
       'Control went ' || p.times || ' times between ' || p.a || ' and ' || p.b || ', usually up to ' || round(p.usual)::BIGINT, NULL, p.t0
FROM swinging_pairs AS p
JOIN work_spans AS w ON w.span = p.step
WHERE NOT EXISTS (SELECT 1 FROM looped_pairs AS l WHERE l.run = p.run AND l.a = p.a AND l.b = p.b)
  AND NOT EXISTS (SELECT 1 FROM repeated_delegations AS d WHERE d.run = p.run AND least(d.from_agent, d.to_agent) = p.a AND greatest(d.from_agent, d.to_agent) = p.b)
