-- What the offer of a handoff says in full that it sends, and whether what arrived lacks or contradicts it.
-- needs: relaylens.handoff.payload
SELECT edge, stated_sent, lost_context(stated_sent, received) AS is_lost
FROM (
    SELECT e.edge, e.received, CASE WHEN e.payload[1] = chr(1) THEN t.text ELSE e.payload END AS stated_sent
    FROM handoff_edges AS e
    LEFT JOIN work_texts AS t ON t.cell = e.payload
)
