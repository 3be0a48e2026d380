-- The judgements that validators state.
-- needs: operation validate
SELECT r.conversation, r.run, w.trace_id, w.span_id,
       coalesce(agent_key(w.agent_name), f.agent) AS validator,
       agent_key(w.attributes['relaylens.validation.subject']) AS subject,
       CASE WHEN w.attributes['relaylens.validation.verdict'] = 'passed' THEN 'passed' ELSE 'rejected' END AS verdict,
       ltrim(left(full_text(w.attributes['relaylens.validation.reason']), 4000), chr(1)) AS reason,
       'stated' AS rule, w.service_name, w.started_at AS judged_at
FROM work_spans AS w
JOIN work_facts AS f USING (span)
JOIN work_runs AS r ON r.trace = w.trace
WHERE w.operation = 'validate' AND w.attributes['relaylens.validation.verdict'] IN ('passed', 'rejected')
