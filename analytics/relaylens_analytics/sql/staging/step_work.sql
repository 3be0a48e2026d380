-- When each step did its first piece of work, and the first that did not fail.
-- needs: work_steps
SELECT f.step, min(w.t0) AS first_work,
       min(w.t0) FILTER (WHERE NOT (w.reports_error AND NOT w.is_control_flow)) AS first_useful
FROM work_facts AS f
JOIN work_spans AS w USING (span)
WHERE f.span_class IN ('llm', 'tool', 'handoff', 'human', 'validation') AND f.step IS NOT NULL
GROUP BY f.step
