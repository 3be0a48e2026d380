-- Every key of the affected traces; a trace that others link to offers the key of its own name.
SELECT k.trace_id, k.key, k.rule FROM trace_keys AS k SEMI JOIN affected_traces USING (trace_id)
UNION
SELECT a.trace_id, k.key, 'link'
FROM affected_traces AS a
JOIN trace_keys AS k ON k.key = 'trace:' || a.trace_id
