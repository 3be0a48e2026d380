-- A completed run that is unlike the deployment's own good runs, and the act where it began to be.
-- id: D3
-- layer: past
-- reads: structure, content, baseline
-- on: yes
-- parameter: alarm_budget = 0.05, share of good runs that may be flagged
-- parameter: least_history = 12, good runs of a deployment that differ, without which there is no verdict
-- parameter: most_history = 200, latest good runs that are looked at
-- exempt: runs whose outcome is not completed, or that wait for a person; runs that somebody called good
-- needs: nothing
SELECT 'unusual_run' AS detector, 'medium' AS severity, run, trace_id, span_id, span_ids, agent, agent AS blamed_agent, step AS blamed_step,
       'inferred' AS certainty, 1 - p_value AS score, message, evidence, found_at
FROM unusual_runs
