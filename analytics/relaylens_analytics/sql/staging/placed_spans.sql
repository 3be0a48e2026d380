-- The agent and step of the spans that lie under no agent, by what their attributes or the time say.
-- needs: strayed_spans
WITH known AS (
    SELECT DISTINCT trace, agent FROM work_steps
),

said AS (
    SELECT s.span, s.trace, s.t0,
           coalesce(
               g.agent,
               agent_key(s.lc_agent_name),
               CASE WHEN s.agent_name <> 'OpenAI Agent' AND s.span_class IN ('llm', 'tool', 'handoff', 'human') THEN agent_key(s.agent_name) END
           ) AS agent,
           CASE WHEN g.agent IS NOT NULL THEN 'graph_namespace'
                WHEN s.lc_agent_name IS NOT NULL THEN 'graph_metadata' ELSE 'own_attribute' END AS agent_rule
    FROM strayed_spans AS s
    LEFT JOIN known AS g ON g.trace = s.trace AND g.agent = agent_key(s.graph_agent)
),

-- each step as one of its agent's and as one of anybody's, and until when any that began before it is open
turns AS (
    SELECT trace, whose, step, agent, t0, t1,
           max(t1) OVER (PARTITION BY trace, whose ORDER BY t0 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS open_until
    FROM (
        SELECT trace, agent AS whose, step, agent, t0, t1 FROM work_steps
        UNION ALL
        SELECT trace, chr(1), step, agent, t0, t1
        FROM work_steps
    )
),

latest AS (
    SELECT s.span, s.trace, s.t0, coalesce(s.agent, chr(1)) AS whose, p.agent, p.step, p.t1 >= s.t0 AS is_open,
           p.t1 < s.t0 AND p.open_until >= s.t0 AS may_be_within
    FROM said AS s
    ASOF JOIN turns AS p ON p.trace = s.trace AND p.whose = coalesce(s.agent, chr(1)) AND p.t0 <= s.t0
),

-- the step open at that time, or else the last one that began before: only where that one has ended and another has not, all are looked at
within AS (
    SELECT s.span, arg_max(p.agent, p.t0) AS agent, arg_max(p.step, p.t0) AS step
    FROM latest AS s
    JOIN turns AS p ON p.trace = s.trace AND p.whose = s.whose AND p.t0 <= s.t0 AND p.t1 >= s.t0
    WHERE s.may_be_within
    GROUP BY s.span
)

SELECT s.span, coalesce(s.agent, w.agent, l.agent) AS agent,
       CASE WHEN s.agent IS NOT NULL THEN s.agent_rule
            WHEN l.is_open OR w.span IS NOT NULL THEN 'open_step' WHEN l.agent IS NOT NULL THEN 'last_step' END AS agent_rule,
       coalesce(w.step, l.step) AS step
FROM said AS s
LEFT JOIN latest AS l USING (span)
LEFT JOIN within AS w USING (span)
