-- The calls that may hand work to an agent, with each agent that it may be: they say so, or a tool bears the name of one.
-- needs: detector orphaned_handoff
-- needs: handoff_candidates | handoff_edges
-- needs: work_tools | unshown_calls
WITH calls AS (
    SELECT t.span, t.t0, t.t1, t.tool_key, coalesce(t.named_target, CASE WHEN t.is_generic_transfer THEN t.argument_target END) AS stated, t.asked_target,
           t.is_generic_transfer AS is_generic, t.reports_error AND NOT t.is_control_flow AS failed, TRUE AS is_done
    FROM work_tools AS t
    UNION ALL
    SELECT c.span, c.t1, c.t1, c.tool_key, coalesce(c.named_target, CASE WHEN c.is_generic_transfer THEN c.argument_target END), asked_target(c.tool_key),
           c.is_generic_transfer, FALSE, FALSE
    FROM unshown_calls AS c
),

-- the agents it may be for
keyed AS (
    SELECT span, t0, t1, is_done, coalesce(is_generic OR regexp_matches(stated, '(?i)[\s_-]agent$'), FALSE) AS is_said,
           agent_key(stated) AS stated_agent, agent_of_key(asked_target) AS asked_agent, agent_of_key(tool_key) AS own_agent
    FROM calls
    WHERE NOT failed
),

offers AS (
    SELECT span, t0, t1, is_done, is_said, stated_agent,
           unnest(list_distinct(list_filter([stated_agent, asked_agent, own_agent], lambda a: a IS NOT NULL AND a <> ''))) AS target
    FROM keyed
)

SELECT span, t0, t1, target, is_done, is_said, coalesce(target = stated_agent, FALSE) AS is_stated
FROM offers
WHERE is_said AND target = stated_agent OR target IN (SELECT agent FROM work_steps UNION ALL SELECT agent FROM agents)
