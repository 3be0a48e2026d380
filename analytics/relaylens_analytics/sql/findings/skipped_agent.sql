-- A run was completed without the turn of an agent that its workflow requires: a review or an approval was left out.
-- id: S3
-- layer: declared
-- reads: structure
-- on: yes
-- exempt: runs that failed, wait for a person or go on
-- needs: specified required
-- needs: work_steps
WITH took_part AS (
    SELECT run, agent FROM work_steps
    UNION
    SELECT run, 'human' FROM new_escalations
    UNION
    SELECT run, 'human' FROM new_handoffs WHERE target_type = 'human' AND ok
),

ended AS (
    SELECT s.run, arg_max(s.step, s.position) AS step, max(s.t1) AS t1
    FROM work_steps AS s
    JOIN run_outcomes AS o USING (run)
    WHERE o.outcome = 'completed'
    GROUP BY s.run
)

SELECT DISTINCT ON (e.run, d.target)
       'skipped_agent' AS detector, 'high' AS severity, e.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       d.target AS agent, 'rule' AS certainty, 'The run was completed without ' || d.target || ', whose turn ' || coalesce(nullif(d.name, '*'), r.service_name) || ' requires' AS message,
       NULL AS evidence, e.t1 AS found_at
FROM ended AS e
JOIN run_roots AS r USING (run)
JOIN declared('required') AS d ON d.service_name = r.service_name AND d.name IN (r.name, '*')
JOIN work_spans AS w ON w.span = e.step
ANTI JOIN took_part AS k ON k.run = e.run AND k.agent = CASE WHEN is_person(d.target) THEN 'human' ELSE d.target END
ORDER BY e.run, d.target, d.name DESC
