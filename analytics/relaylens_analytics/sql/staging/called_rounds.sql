-- Blocks of two to four different tool calls that an agent made in one turn several times back to back with the same results, by the first call of the first round.
-- needs: detector cycle | detector loop
-- needs: frequent_contents
WITH calls AS (
    SELECT *, row_number() OVER in_order AS place,
           lag(call, 1) OVER in_order AS call_1, lag(call, 2) OVER in_order AS call_2,
           lag(call, 3) OVER in_order AS call_3, lag(call, 4) OVER in_order AS call_4,
           lag(result, 2) OVER in_order AS result_2, lag(result, 3) OVER in_order AS result_3, lag(result, 4) OVER in_order AS result_4
    FROM called_tools
    WHERE run IN (SELECT run FROM called_tools WHERE hash(arguments, result) IN (SELECT content FROM frequent_contents))
      AND arguments IS NOT NULL
    WINDOW in_order AS (PARTITION BY run, step ORDER BY t0, span)
),

-- a call that repeats the one so many calls before, with the same result
matches AS (
    SELECT c.*, p.period,
           c.place - row_number() OVER (PARTITION BY c.run, c.step, p.period ORDER BY c.place) AS stretch
    FROM calls AS c
    CROSS JOIN (VALUES (2), (3), (4)) AS p (period)
    WHERE CASE p.period WHEN 2 THEN c.call = c.call_2 AND c.result = c.result_2
                        WHEN 3 THEN c.call = c.call_3 AND c.result = c.result_3
                        ELSE c.call = c.call_4 AND c.result = c.result_4 END
      AND c.call <> c.call_1 AND NOT is_still_going_on(c.result)
),

stretches AS (
    SELECT run, step, any_value(agent) AS agent, period, min(place) - period AS first_place, max(place) AS last_place, count(*) // period + 1 AS rounds
    FROM matches
    GROUP BY run, step, period, stretch
    HAVING count(*) // period + 1 >= getvariable('cycle_least_rounds')
    -- four calls that are two twice are the shorter block
    QUALIFY row_number() OVER (PARTITION BY run, step ORDER BY period, first_place) = 1
)

SELECT s.run, s.agent, s.period, s.rounds, arg_min(c.span, c.place) AS span, min(c.t0) AS t0,
       list(c.span ORDER BY c.place) AS spans, list(w.trace_id || ':' || w.span_id ORDER BY c.place) AS span_ids,
       string_agg(DISTINCT c.tool_key, ', ') AS tools
FROM stretches AS s
JOIN calls AS c ON c.run = s.run AND c.step IS NOT DISTINCT FROM s.step AND c.place BETWEEN s.first_place AND s.last_place
JOIN work_spans AS w ON w.span = c.span
GROUP BY s.run, s.agent, s.period, s.rounds
