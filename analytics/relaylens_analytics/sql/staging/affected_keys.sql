-- Every key of the affected traces; a trace that others link to offers the key of its own name, and a call joins two traces or none,
-- and none that tell different sessions: answers of models that are played again have the ids of the first time.
SELECT k.trace_id, k.key, k.rule
FROM trace_keys AS k
SEMI JOIN affected_traces USING (trace_id)
WHERE k.rule <> 'call' OR (
    SELECT count(DISTINCT o.trace_id) = 2 AND count(DISTINCT s.key) <= 1
    FROM trace_keys AS o
    LEFT JOIN trace_keys AS s ON s.trace_id = o.trace_id AND s.rule = 'session'
    WHERE o.key = k.key
)
UNION
SELECT a.trace_id, k.key, 'link'
FROM affected_traces AS a
JOIN trace_keys AS k ON k.key = 'trace:' || a.trace_id
