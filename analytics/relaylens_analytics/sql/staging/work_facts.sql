-- The agent and step of every span: its own turn, or what its attributes or the time say where it lies under none.
CREATE OR REPLACE TEMP TABLE work_facts AS
WITH spans AS (
    SELECT w.trace_id, w.span_id, w.t0, w.graph_agent, w.lc_agent_name, w.agent_name, k.span_class,
           o.agent, o.agent_rule, o.step_span, r.run
    FROM work_spans AS w
    LEFT JOIN work_classes AS k USING (trace_id, span_id)
    LEFT JOIN work_steps_of AS o USING (trace_id, span_id)
    LEFT JOIN work_runs AS r USING (trace_id)
),

known AS (
    SELECT DISTINCT trace_id, agent FROM work_steps
),

said AS (
    SELECT s.trace_id, s.span_id, s.t0,
           coalesce(
               CASE WHEN agent_key(s.graph_agent) = g.agent THEN g.agent END,
               agent_key(s.lc_agent_name),
               CASE WHEN s.agent_name <> 'OpenAI Agent' AND s.span_class IN ('llm', 'tool', 'handoff', 'human') THEN agent_key(s.agent_name) END
           ) AS agent,
           CASE WHEN g.agent IS NOT NULL THEN 'graph_namespace'
                WHEN s.lc_agent_name IS NOT NULL THEN 'graph_metadata' ELSE 'own_attribute' END AS agent_rule
    FROM spans AS s
    LEFT JOIN known AS g ON g.trace_id = s.trace_id AND g.agent = agent_key(s.graph_agent)
    WHERE s.agent IS NULL AND s.span_class IN ('llm', 'tool', 'handoff', 'human', 'validation', 'feedback')
),

-- the step open at that time, or else the last one that began before
by_time AS (
    SELECT s.trace_id, s.span_id,
           arg_max(p.agent, (p.t1 >= s.t0, p.t0)) AS agent,
           arg_max(p.span_id, (p.t1 >= s.t0, p.t0)) AS step_span,
           max(p.t1 >= s.t0) AS is_open
    FROM said AS s
    JOIN work_steps AS p ON p.trace_id = s.trace_id AND p.t0 <= s.t0 AND (s.agent IS NULL OR p.agent = s.agent)
    GROUP BY s.trace_id, s.span_id
)

SELECT s.trace_id, s.span_id, s.span_class, s.run,
       coalesce(s.agent, d.agent, b.agent) AS agent,
       CASE WHEN s.agent IS NOT NULL THEN s.agent_rule
            WHEN d.agent IS NOT NULL THEN d.agent_rule
            WHEN b.is_open THEN 'open_step' WHEN b.agent IS NOT NULL THEN 'last_step' END AS agent_rule,
       coalesce(s.step_span, b.step_span) AS step_span
FROM spans AS s
LEFT JOIN said AS d USING (trace_id, span_id)
LEFT JOIN by_time AS b USING (trace_id, span_id);
