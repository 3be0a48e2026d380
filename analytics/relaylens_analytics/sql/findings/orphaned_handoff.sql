-- Work was handed to an agent by a call that ended in order, and no turn of that agent followed.
-- id: H10
-- layer: agents
-- reads: structure
-- on: yes
-- parameter: least_runs = 3, other runs of the service in which the agent had a turn, where the tool's name alone does not say that it hands over
-- exempt: a handoff that failed, which is failed_handoff, and targets that are no agents: `transfer_to_account`
-- exempt: agents that are never recorded with a turn of their own
-- needs: handoff_candidates | handoff_edges
-- needs: work_tools | unshown_calls
WITH calls AS (
    SELECT t.span, t.trace, t.t0, t.t1, t.tool_key, coalesce(t.named_target, CASE WHEN t.is_generic_transfer THEN t.argument_target END) AS stated, t.asked_target,
           t.is_generic_transfer AS is_generic, t.reports_error AND NOT t.is_control_flow AS failed
    FROM work_tools AS t
    UNION ALL
    SELECT c.span, c.trace, c.t1, c.t1, c.tool_key, coalesce(c.named_target, CASE WHEN c.is_generic_transfer THEN c.argument_target END), asked_target(c.tool_key),
           c.is_generic_transfer, FALSE
    FROM unshown_calls AS c
),

-- the agents it may be for, found once
offers AS (
    SELECT span, trace, t0, t1, stated, is_generic, failed, agent_key(stated) AS stated_agent, agent_of_key(asked_target) AS asked_agent, agent_of_key(tool_key) AS own_agent
    FROM calls
),

-- the agents of each service: those at work and those that had turns before
agents_known AS (
    SELECT service_name, agent, count(DISTINCT run) AS runs
    FROM (
        SELECT service_name, agent, run FROM work_steps
        UNION
        SELECT service_name, agent, run FROM steps
        WHERE agent IN (SELECT unnest([own_agent, asked_agent, stated_agent]) FROM offers)
    )
    GROUP BY service_name, agent
),

aimed AS (
    SELECT o.span, o.t0, o.t1, f.run, f.agent AS source, f.step AS from_step, w.trace_id, w.span_id,
           unnest(list_distinct(list_filter([o.stated_agent, o.asked_agent, o.own_agent], lambda a: a IS NOT NULL AND a <> ''))) AS target,
           o.stated_agent,
           coalesce(o.is_generic OR regexp_matches(o.stated, '(?i)[\s_-]agent$'), FALSE) AS is_said, w.service_name
    FROM offers AS o
    JOIN work_facts AS f USING (span)
    JOIN work_spans AS w USING (span)
    WHERE NOT o.failed AND f.run IS NOT NULL
)

SELECT 'orphaned_handoff' AS detector, 'high' AS severity, a.run, a.trace_id, a.span_id, [a.trace_id || ':' || a.span_id] AS span_ids,
       a.source AS agent, a.source AS blamed_agent, CASE WHEN a.is_said THEN 'rule' ELSE 'inferred' END AS certainty,
       'The agent ' || coalesce(a.source, 'unknown') || ' handed work to ' || a.target || ', and no turn of ' || a.target || ' followed' AS message,
       NULL AS evidence, a.t1 AS found_at
FROM aimed AS a
LEFT JOIN agents_known AS k ON k.service_name IS NOT DISTINCT FROM a.service_name AND k.agent = a.target
WHERE a.target <> a.source AND NOT is_person(a.target)
  AND (a.is_said AND a.target = a.stated_agent OR k.runs >= getvariable('orphaned_handoff_least_runs'))
  AND NOT EXISTS (SELECT 1 FROM work_steps AS s WHERE s.run = a.run AND s.agent = a.target AND s.t1 >= a.t0)
  AND NOT EXISTS (SELECT 1 FROM handoff_edges AS e WHERE e.run = a.run AND e.from_agent = a.source AND e.to_agent = a.target)
QUALIFY row_number() OVER (PARTITION BY a.run, a.source, a.target ORDER BY a.t0) = 1
