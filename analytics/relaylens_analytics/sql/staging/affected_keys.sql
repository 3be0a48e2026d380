-- Every key of the affected traces; a trace that others link to offers the key of its own name, and a call joins two traces or none,
-- and none that tell different sessions: answers of models that are played again have the ids of the first time.
WITH at_work AS MATERIALIZED (
    SELECT trace_id, key, rule FROM trace_keys SEMI JOIN affected_traces USING (trace_id)
),

asked AS (
    SELECT key FROM at_work WHERE rule = 'call'
),

-- two traces with the same call are both at work
joining AS (
    SELECT c.key
    FROM (SELECT trace_id, key FROM trace_keys WHERE rule = 'call' AND key IN (SELECT key FROM asked)) AS c
    LEFT JOIN at_work AS s ON s.trace_id = c.trace_id AND s.rule = 'session'
    GROUP BY c.key
    HAVING count(DISTINCT c.trace_id) = 2 AND count(DISTINCT s.key) <= 1
)

SELECT trace_id, key, rule FROM at_work WHERE rule <> 'call' OR key IN (SELECT key FROM joining)
UNION
SELECT key[7:], key, 'link' FROM trace_keys WHERE rule = 'link' AND key[7:] IN (SELECT trace_id FROM affected_traces)
