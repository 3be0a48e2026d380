-- The program states the outcome; the last statement counts.
-- needs: relaylens.run.outcome
SELECT r.run, arg_max(w.attributes['relaylens.run.outcome'], (w.t1, w.span)) AS outcome,
       arg_max(coalesce(w.attributes['relaylens.run.outcome.evidence'], 'stated'), (w.t1, w.span)) AS evidence,
       arg_max(full_text(w.attributes['relaylens.run.outcome.reason']), (w.t1, w.span)) AS reason
FROM work_spans AS w
JOIN work_runs AS r USING (trace)
WHERE w.attributes['relaylens.run.outcome'] IN ('completed', 'failed', 'escalated', 'abandoned', 'running')
GROUP BY r.run
