-- Pairs of agents' turns in one run that were asked the same, in order, with what each answered; a turn that just came next was not asked.
-- needs: run_talk
-- needs: asked_peers
-- needs: detector duplicated_work | detector contradiction | detector ignored_peer
WITH asked AS (
    SELECT *
    FROM asked_peers
    QUALIFY count(*) OVER (PARTITION BY run) > 1 AND row_number() OVER (PARTITION BY run ORDER BY t0) <= 50
),

-- where an agent's own words are not recorded, its answer is what its caller got
got AS (
    SELECT a.edge, any_value(t.text) AS answer, any_value(t.handed) AS handed
    FROM asked AS a
    JOIN run_talk AS t ON t.step = a.from_step AND t.kind = 'fetched' AND t.t = a.t1
    GROUP BY a.edge
    HAVING count(DISTINCT t.text) = 1
),

-- whom the request names is not what is asked
worded AS (
    SELECT a.*, coalesce(t.answer, g.answer) AS answer, CASE WHEN t.answer IS NULL THEN g.handed ELSE t.handed END AS handed,
           replace(t.given, replace(a.to_agent, '_', ' '), '') AS request
    FROM asked AS a
    JOIN (
        SELECT step, string_agg(lower(text), ' ' ORDER BY len(text)) FILTER (WHERE kind = 'given') AS given,
               arg_max(text, t) FILTER (WHERE kind = 'said') AS answer, arg_max(handed, t) FILTER (WHERE kind = 'said') AS handed
        FROM run_talk
        SEMI JOIN (SELECT to_step AS step FROM asked) AS q USING (step)
        GROUP BY step
    ) AS t ON t.step = a.to_step
    LEFT JOIN got AS g USING (edge)
    WHERE len(t.given) > 20
)

SELECT a.edge, b.edge AS again, a.run, a.from_agent, b.from_agent AS again_from, a.to_agent, b.to_agent AS again_to, a.to_step, b.to_step AS again_step,
       a.span, b.span AS again_span, b.from_step AS again_from_step, a.t0, b.t0 AS again_t0, b.to_t0 >= a.to_t1 AS is_after, a.to_outcome, b.to_outcome AS again_outcome,
       a.answer, b.answer AS again_answer, a.handed, b.handed AS again_handed
FROM worded AS a
JOIN worded AS b ON b.run = a.run AND b.request = a.request AND (b.t0, b.edge) > (a.t0, a.edge) AND b.to_step <> a.to_step
