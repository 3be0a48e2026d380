-- What a person or program said of a run while it was recorded.
-- needs: operation feedback
SELECT r.conversation, r.run, w.trace_id, w.span_id, coalesce(agent_key(w.agent_name), f.agent) AS agent,
       coalesce(w.attributes['relaylens.feedback.name'], w.attributes['gen_ai.evaluation.name']) AS name,
       coalesce(w.attributes['relaylens.feedback.value'], w.attributes['gen_ai.evaluation.score.label']) AS value,
       TRY_CAST(w.attributes['gen_ai.evaluation.score.value'] AS DOUBLE) AS score,
       w.attributes['relaylens.feedback.source'] AS source,
       ltrim(left(full_text(w.attributes['relaylens.feedback.comment']), 4000), chr(1)) AS comment,
       w.service_name, w.started_at AS given_at
FROM work_spans AS w
JOIN work_facts AS f USING (span)
JOIN work_runs AS r ON r.trace = w.trace
WHERE w.operation = 'feedback' AND coalesce(w.attributes['relaylens.feedback.name'], w.attributes['gen_ai.evaluation.name']) IS NOT NULL
