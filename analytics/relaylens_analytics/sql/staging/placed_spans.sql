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

-- the step open at that time, or else the last one that began before
by_time AS (
    SELECT s.span,
           arg_max(p.agent, (p.t1 >= s.t0, p.t0)) AS agent,
           arg_max(p.step, (p.t1 >= s.t0, p.t0)) AS step,
           max(p.t1 >= s.t0) AS is_open
    FROM said AS s
    JOIN work_steps AS p ON p.trace = s.trace AND p.t0 <= s.t0 AND (s.agent IS NULL OR p.agent = s.agent)
    GROUP BY s.span
)

SELECT s.span, coalesce(s.agent, b.agent) AS agent,
       CASE WHEN s.agent IS NOT NULL THEN s.agent_rule
            WHEN b.is_open THEN 'open_step' WHEN b.agent IS NOT NULL THEN 'last_step' END AS agent_rule,
       b.step
FROM said AS s
LEFT JOIN by_time AS b USING (span)
