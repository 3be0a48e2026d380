-- Of each handoff between agents what its sender knew and sent, what its target was given, and the values in them that are on one side only.
-- needs: run_talk
WITH edges AS (
    SELECT e.edge, e.run, e.span, e.from_step, e.to_step, e.from_agent, e.to_agent, e.t0, s.t0 AS to_t0
    FROM handoff_edges AS e
    JOIN work_steps AS s ON s.step = e.to_step
    WHERE NOT e.is_return AND e.from_step IS NOT NULL AND NOT is_person(e.to_agent)
    QUALIFY row_number() OVER (PARTITION BY e.run ORDER BY e.t0) <= 50
),

-- a value is known when it was there before the offer, given when it is in what the target got, used when it is in the target's work
seen AS (
    SELECT e.edge, any_value(e.run) AS run,
           string_agg(t.text, ' ¦ ') FILTER (WHERE t.step = e.from_step AND (t.kind = 'given' OR t.t <= e.t0)) AS known,
           string_agg(t.text, ' ¦ ') FILTER (WHERE t.step = e.to_step AND t.kind = 'given' OR t.kind = 'sent' AND t.step = e.from_step AND t.t = e.t0) AS given,
           bool_or(t.step = e.to_step AND t.kind = 'given') AS is_given,
           flatten(list(t.handed) FILTER (WHERE t.step = e.from_step AND (t.kind = 'given' OR t.t <= e.t0))) AS known_values,
           flatten(list(t.handed) FILTER (WHERE t.step = e.to_step AND t.kind = 'given' OR t.kind = 'sent' AND t.step = e.from_step AND t.t = e.t0)) AS given_values,
           flatten(list(t.handed) FILTER (WHERE t.agent = e.to_agent AND t.t >= e.to_t0)) AS used_values,
           flatten(list(t.handed) FILTER (WHERE t.t <= e.t0 AND t.kind <> 'sent' AND t.step IS DISTINCT FROM e.to_step)) AS earlier_values
    FROM edges AS e
    JOIN run_talk AS t USING (run)
    GROUP BY e.edge
)

SELECT e.*, s.known, s.given,
       list_distinct(list_filter(s.known_values, lambda v: NOT list_contains(s.used_values, v) AND NOT list_contains(s.given_values, v)
                                                       AND NOT (len(v) > 3 AND contains(s.given, v)))) AS missing_values,
       list_distinct(list_filter(s.given_values, lambda v: NOT list_contains(s.earlier_values, v)
                                                       AND NOT (len(v) > 3 AND contains(s.known, v)))) AS new_values
FROM edges AS e
JOIN seen AS s USING (edge)
WHERE s.is_given AND (len(missing_values) > 0 OR len(new_values) > 0)
