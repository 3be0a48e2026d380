-- From one handoff to the next the agents were given ever more, far beyond what these handoffs carried in the past.
-- id: H11
-- layer: agents
-- reads: structure, content, baseline
-- on: yes
-- parameter: least_times = 12, past handoffs between the two agents without which they have no past
-- parameter: least_share = 1.5, times the past's 90th percentile from which a handoff is heavy; the last one has to be twice as heavy
-- parameter: least_growth = 1.5, times the surplus of the heavy handoff before
-- parameter: least_tokens = 200, surplus of the last one
-- parameter: most_tokens = 4000, where there is no past: tokens that the last of three has to have, each twice what its source had
-- parameter: most_prompts = 50, latest past handoffs between the two agents whose prompts are measured, where no tokens are counted
-- exempt: control that goes on with all that was said: what the source had is no growth
-- exempt: agents that work beside each other, and a long request, which adds the same to all
-- needs: swelling_hops
WITH hops AS (
    SELECT *, coalesce(tokens, letters / 4.0) AS size FROM swelling_hops
),

-- the same edges' latest past prompts, where only prompts tell how much was given
past_prompts AS (
    SELECT g.handoff, sum(length(t.text)) AS letters
    FROM (
        SELECT g.handoff, arg_min(s.input, (f.started_at, f.span_id)) AS cell
        FROM (
            SELECT handoff, to_step
            FROM handoffs
            WHERE NOT is_return AND (from_agent, to_agent) IN (SELECT (from_agent, to_agent) FROM hops WHERE is_prompt)
              AND conversation NOT IN (SELECT conversation FROM work_traces)
            QUALIFY row_number() OVER (PARTITION BY service_name, from_agent, to_agent ORDER BY offered_at DESC) <= getvariable('context_growth_most_prompts')
        ) AS g
        JOIN span_facts AS f ON f.step = g.to_step AND f.is_leaf_llm
        JOIN spans AS s ON s.batch = f.batch AND s.ordinal = f.ordinal
        GROUP BY g.handoff
    ) AS g
    CROSS JOIN unnest(CASE WHEN g.cell[1] = chr(1) THEN string_split(g.cell[2:], ',') END) AS p (place)
    JOIN texts AS t ON t.text_id = TRY_CAST(p.place AS BIGINT)
    GROUP BY g.handoff
),

past AS (
    SELECT h.edge, count(*) AS times, quantile_cont(coalesce(p.tokens, p.letters / 4.0), 0.9) AS size
    FROM hops AS h
    JOIN (
        SELECT g.service_name, g.from_agent, g.to_agent, epoch_us(g.offered_at) * 1000 AS t0, nullif(s.input_tokens, 0) / nullif(s.model_calls, 0) AS tokens,
               -- what was received is kept to its 4,000th character
               CASE WHEN coalesce(s.input_tokens * s.model_calls, 0) = 0 AND coalesce(length(g.received), 0) < 4000
                    THEN coalesce(length(g.received), t.letters) END AS letters
        FROM handoffs AS g
        JOIN steps AS s ON s.step = g.to_step
        LEFT JOIN past_prompts AS t ON t.handoff = g.handoff
        WHERE NOT g.is_return AND (g.from_agent, g.to_agent) IN (SELECT (from_agent, to_agent) FROM hops)
          AND g.conversation NOT IN (SELECT conversation FROM work_traces)
          AND g.run NOT IN (SELECT run FROM findings WHERE detector = 'context_growth')
        UNION ALL
        SELECT service_name, from_agent, to_agent, t0, tokens, letters FROM sized_hops
    ) AS p ON p.service_name IS NOT DISTINCT FROM h.service_name AND p.from_agent = h.from_agent AND p.to_agent = h.to_agent AND p.t0 < h.t0
          AND (p.tokens IS NULL) = (h.tokens IS NULL)
    GROUP BY h.edge
    HAVING count(coalesce(p.tokens, p.letters)) >= getvariable('context_growth_least_times')
),

heavy AS (
    SELECT h.*, h.size - p.size AS surplus, p.size AS usual
    FROM hops AS h
    JOIN past AS p USING (edge)
    WHERE h.size >= getvariable('context_growth_least_share') * p.size
),

grown AS (
    SELECT a.run, a.edge, a.from_agent, a.from_step, b.to_agent, b.to_step, b.to_t0, b.size, b.usual
    FROM heavy AS a
    JOIN heavy AS b ON b.run = a.run AND b.to_t0 >= a.to_t1
    WHERE b.surplus >= getvariable('context_growth_least_growth') * a.surplus AND b.size >= 2 * b.usual
      AND b.surplus >= getvariable('context_growth_least_tokens')
    UNION ALL
    -- without a past: three in a row, each from where the one before went
    SELECT a.run, a.edge, a.from_agent, a.from_step, c.to_agent, c.to_step, c.to_t0, c.size, NULL
    FROM hops AS a
    JOIN hops AS b ON b.from_step = a.to_step
    JOIN hops AS c ON c.from_step = b.to_step
    WHERE a.first_tokens >= 2 * a.had AND b.first_tokens >= 2 * b.had AND c.first_tokens >= 2 * c.had
      AND c.first_tokens >= getvariable('context_growth_most_tokens') AND c.edge NOT IN (SELECT edge FROM past)
)

SELECT 'context_growth' AS detector, 'medium' AS severity, g.run, w.trace_id, w.span_id,
       [w.trace_id || ':' || w.span_id, f.trace_id || ':' || f.span_id] AS span_ids,
       g.to_agent AS agent, g.from_agent AS blamed_agent, f.trace_id || ':' || f.span_id AS blamed_step, 'inferred' AS certainty,
       'What is handed on grows with every handoff since ' || g.from_agent || ': ' || g.to_agent || ' was given about ' || round(g.size)::BIGINT || ' tokens'
           || coalesce(', usually up to ' || round(g.usual)::BIGINT, '') AS message,
       NULL AS evidence, g.to_t0 AS found_at
FROM grown AS g
JOIN work_spans AS w ON w.span = g.to_step
JOIN work_spans AS f ON f.span = g.from_step
QUALIFY row_number() OVER (PARTITION BY g.run ORDER BY g.edge, g.to_t0 DESC, g.to_step) = 1
