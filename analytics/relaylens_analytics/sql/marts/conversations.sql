-- Every affected conversation that has a run.
SELECT r.conversation, any_value(r.service_name) AS service_name, sum(r.traces) AS traces, count(*) AS runs,
       min(r.started_at) AS started_at, max(r.ended_at) AS ended_at, any_value(c.rule) AS rule
FROM new_runs AS r
JOIN work_traces AS c ON c.trace_id = r.trace_id
GROUP BY r.conversation
