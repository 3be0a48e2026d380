-- Work was handed to an agent by a call that ended in order, and no turn of that agent followed.
-- id: H10
-- layer: agents
-- reads: structure
-- on: yes
-- parameter: least_runs = 3, other runs of the service in which the agent had a turn, where the tool's name alone does not say that it hands over
-- exempt: a handoff that failed, which is failed_handoff, and targets that are no agents: `transfer_to_account`
-- exempt: agents that are never recorded with a turn of their own
-- exempt: a run that goes on, whose target may be at work; and what a model asked for in a run that failed before it was done
-- needs: offered_agents
-- the agents of each service: those at work and those that had turns before
WITH agents_known AS (
    SELECT service_name, agent, count(DISTINCT run) AS runs
    FROM (
        SELECT service_name, agent, run FROM work_steps
        UNION
        SELECT service_name, agent, run FROM steps
        WHERE agent IN (SELECT target FROM offered_agents)
    )
    GROUP BY service_name, agent
),

aimed AS (
    SELECT o.t0, o.t1, f.run, f.agent AS source, w.trace_id, w.span_id, o.target, o.is_done, o.is_said, o.is_stated, w.service_name
    FROM offered_agents AS o
    JOIN work_facts AS f USING (span)
    JOIN work_spans AS w USING (span)
    WHERE f.run IS NOT NULL
)

SELECT 'orphaned_handoff' AS detector, 'high' AS severity, a.run, a.trace_id, a.span_id, [a.trace_id || ':' || a.span_id] AS span_ids,
       a.source AS agent, a.source AS blamed_agent, CASE WHEN a.is_said THEN 'rule' ELSE 'inferred' END AS certainty,
       'The agent ' || coalesce(a.source, 'unknown') || ' handed work to ' || a.target || ', and no turn of ' || a.target || ' followed' AS message,
       NULL AS evidence, a.t1 AS found_at
FROM aimed AS a
JOIN run_outcomes AS r ON r.run = a.run AND r.outcome <> 'running' AND (a.is_done OR r.outcome IN ('completed', 'escalated'))
LEFT JOIN agents_known AS k ON k.service_name IS NOT DISTINCT FROM a.service_name AND k.agent = a.target
WHERE a.target <> a.source AND NOT is_person(a.target)
  AND (a.is_said AND a.is_stated OR k.runs >= getvariable('orphaned_handoff_least_runs'))
  AND NOT EXISTS (SELECT 1 FROM work_steps AS s WHERE s.run = a.run AND s.agent = a.target AND s.t1 >= a.t0)
  AND NOT EXISTS (SELECT 1 FROM handoff_edges AS e WHERE e.run = a.run AND e.from_agent = a.source AND e.to_agent = a.target)
QUALIFY row_number() OVER (PARTITION BY a.run, a.source, a.target ORDER BY a.t0) = 1
