-- An agent of the deployment has had no turn for more runs than its own rhythm explains.
-- id: Q1
-- layer: agents
-- reads: structure, baseline
-- on: yes
-- parameter: least_history = 12, runs from an agent's first to its last turn without which it has no rhythm
-- parameter: most_history = 200, latest of these that are looked at
-- parameter: least_share = 0.1, share of them in which it has to have had a turn
-- parameter: chance = 0.0001, chance of the silence, as its past tells and if runs were independent, from which it is told
-- parameter: times_longest = 3.0, times its longest silence before, in runs and in time, that it has to last
-- exempt: runs that failed or go on, which may lack agents for that reason, times in which nothing runs at all, and bursts of runs of another kind
-- exempt: a silence that has been told
-- needs: quiet_agents
SELECT 'agent_quiet' AS detector, 'medium' AS severity, q.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id, q.last_turn] AS span_ids,
       q.agent, q.agent AS blamed_agent, q.last_turn AS blamed_step, 'inferred' AS certainty,
       'No turn of ' || string_agg(q.agent, ', ' ORDER BY q.agent) OVER of_run || ' in the last ' || q.silent || ' runs; before, it had one in ' || q.took_part
           || ' of ' || q.of_runs AS message,
       NULL AS evidence, s.t0 AS found_at
FROM quiet_agents AS q
JOIN (SELECT run, arg_min(step, (t0, step)) AS step, min(t0) AS t0 FROM work_steps GROUP BY run) AS s USING (run)
JOIN work_spans AS w ON w.span = s.step
WINDOW of_run AS (PARTITION BY q.run)
QUALIFY row_number() OVER (PARTITION BY q.run ORDER BY q.took_part DESC, q.agent) = 1
