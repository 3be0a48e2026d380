-- What each run looks like beside others of its deployment.
WITH acts AS (
    -- the numbers are put in order and not the acts, which are long
    SELECT a.run, list_select(list({'trace_id': w.trace_id, 'span_id': w.span_id, 'kind': a.kind, 'name': a.name, 'agent': a.agent, 'length': a.length,
                                    'form': a.form, 'arguments_form': a.arguments_form, 'is_error': a.is_error}), list_grade_up(list(a.position))) AS acts
    FROM run_acts AS a
    JOIN work_spans AS w USING (span)
    GROUP BY a.run
),

versions AS (
    SELECT run, list(DISTINCT agent || ' ' || agent_version ORDER BY agent || ' ' || agent_version) AS agent_versions
    FROM new_steps
    WHERE agent_version IS NOT NULL
    GROUP BY run
)

SELECT r.run, r.conversation, r.service_name, v.agent_versions, r.started_at, f.features, a.acts
FROM new_runs AS r
JOIN run_figures AS f USING (run)
JOIN acts AS a USING (run)
LEFT JOIN versions AS v USING (run)
