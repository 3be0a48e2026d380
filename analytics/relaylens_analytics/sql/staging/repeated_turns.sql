-- Turns of agents that had a turn before in the same run.
-- needs: work_steps
SELECT step FROM work_steps WHERE run IS NOT NULL QUALIFY min(t0) OVER (PARTITION BY run, agent) < t0
