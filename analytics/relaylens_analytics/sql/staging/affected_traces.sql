-- The traces to derive anew: the changed ones and all that share a key with them, also by way of others.
WITH RECURSIVE calls AS (
    -- of an identifier that many calls have, none is reached: they were never taken for one
    SELECT k.key
    FROM trace_keys AS k
    WHERE k.rule = 'call'
    GROUP BY k.key
    HAVING count(*) FILTER (WHERE k.trace_id NOT IN (SELECT trace_id FROM changed_traces)) <= 2
),

reached AS (
    SELECT trace_id FROM changed_traces
    UNION
    SELECT trace_id FROM (
        SELECT o.trace_id
        FROM reached AS r
        JOIN trace_keys AS k USING (trace_id)
        JOIN trace_keys AS o ON o.key = k.key
        WHERE k.rule <> 'call' OR k.key IN (SELECT key FROM calls)
        UNION ALL
        SELECT k.key[7:]
        FROM reached AS r
        JOIN trace_keys AS k USING (trace_id)
        WHERE k.rule = 'link'
        UNION ALL
        SELECT k.trace_id
        FROM reached AS r
        JOIN (SELECT trace_id, key[7:] AS linked FROM trace_keys WHERE rule = 'link') AS k ON k.linked = r.trace_id
    )
)

SELECT r.trace_id, coalesce(n.first_batch, c.first_batch) AS first_batch
FROM reached AS r
LEFT JOIN changed_traces AS n USING (trace_id)
LEFT JOIN conversation_traces AS c USING (trace_id)
WHERE n.trace_id IS NOT NULL OR c.trace_id IS NOT NULL
