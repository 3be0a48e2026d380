-- Of each handoff between agents what its sender knew and what its target was given, where a value is on one side only.
-- needs: run_talk
-- needs: detector dropped_entity | detector invented_entity
WITH edges AS (
    SELECT e.edge, e.run, e.span, e.from_step, e.to_step, e.from_agent, e.to_agent, e.t0, s.t0 AS to_t0
    FROM handoff_edges AS e
    JOIN work_steps AS s ON s.step = e.to_step
    WHERE NOT e.is_return AND e.from_step IS NOT NULL AND NOT is_person(e.to_agent)
    -- work that goes round without end is a loop
    QUALIFY row_number() OVER (PARTITION BY e.run ORDER BY e.t0) <= 50
),

-- known: what the sender had been given, said and found out before the offer; used: what is in the target's work from then on
seen AS (
    SELECT e.edge,
           flatten(list(t.handed) FILTER (WHERE t.step = e.from_step AND (t.kind = 'given' OR t.t <= e.t0))) AS known_values,
           coalesce(flatten(list(t.handed) FILTER (WHERE t.step = e.to_step AND t.kind = 'given')), []) AS given_values,
           flatten(list(t.handed) FILTER (WHERE t.agent = e.to_agent AND t.t >= e.to_t0 AND t.kind <> 'given')) AS used_values,
           flatten(list(t.handed) FILTER (WHERE t.t <= e.t0 AND t.step IS DISTINCT FROM e.to_step)) AS earlier_values
    FROM edges AS e
    JOIN (SELECT run, step, agent, kind, t, handed FROM run_talk WHERE len(handed) > 0) AS t USING (run)
    GROUP BY e.edge
),

one_sided AS (
    SELECT edge, given_values,
           list_distinct(list_filter(known_values, lambda v: NOT list_contains(given_values, v) AND NOT list_contains(coalesce(used_values, []), v))) AS missing,
           list_distinct(list_filter(given_values, lambda v: NOT list_contains(coalesce(earlier_values, []), v))) AS brought
    FROM seen
    WHERE len(missing) > 0 OR len(brought) > 0
),

-- the texts only of those handoffs: putting them together costs most
told AS (
    SELECT e.edge,
           string_agg(t.text, ' ¦ ') FILTER (WHERE t.step = e.from_step AND (t.kind = 'given' OR t.t <= e.t0)) AS known,
           string_agg(t.text, ' ¦ ') FILTER (WHERE t.step = e.to_step AND t.kind = 'given') AS given
    FROM edges AS e
    SEMI JOIN one_sided USING (edge)
    JOIN run_talk AS t ON t.run = e.run AND (t.step = e.from_step OR t.step = e.to_step)
    GROUP BY e.edge
)

SELECT e.*, t.known, t.given, o.given_values,
       list_filter(o.missing, lambda v: NOT contains(t.given, v)) AS missing_values,
       list_filter(o.brought, lambda v: NOT contains(t.known, v)) AS new_values
FROM edges AS e
JOIN one_sided AS o USING (edge)
JOIN told AS t USING (edge)
WHERE t.given IS NOT NULL AND t.known IS NOT NULL
  AND (len(missing_values) > 0 OR len(new_values) > 0)
