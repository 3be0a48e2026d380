-- One round of taking the smallest label among the traces that share a key.
WITH by_key AS (
    SELECT k.key, min(l.label) AS label, min(l.tight_label) FILTER (WHERE k.rule <> 'session') AS tight_label
    FROM affected_keys AS k
    JOIN labels_at_work AS l USING (trace_id)
    GROUP BY k.key
)

SELECT l.trace_id,
       least(l.label, coalesce(min(b.label), l.label)) AS label,
       least(l.tight_label, coalesce(min(b.tight_label), l.tight_label)) AS tight_label
FROM labels_at_work AS l
LEFT JOIN affected_keys AS k USING (trace_id)
LEFT JOIN by_key AS b ON b.key = k.key
GROUP BY l.trace_id, l.label, l.tight_label
