-- What each run calls itself: its workflow, or else its root, with the service and the user it runs for.
SELECT r.run,
       arg_min(coalesce(w.workflow_name, w.name_text), (w.workflow_name IS NULL, w.parent_span_id IS NOT NULL, w.t0)) AS name,
       arg_min(w.service_name, w.t0) AS service_name,
       arg_min(w.user_id, w.t0) FILTER (WHERE w.user_id IS NOT NULL) AS user_id
FROM work_spans AS w
JOIN work_runs AS r USING (trace)
JOIN work_classes AS k USING (span)
WHERE k.span_class <> 'chain' OR w.parent_span_id IS NULL
GROUP BY r.run
