-- Who received what of the handoffs that carry an id, and where: the first receipt of each.
-- needs: relaylens.handoff.id
SELECT w.attributes['relaylens.handoff.id'] AS handoff_id,
       arg_min(s.step, (w.t0, w.span)) AS to_step, arg_min(s.t0, (w.t0, w.span)) AS to_t0, arg_min(s.t1, (w.t0, w.span)) AS to_t1,
       arg_min(w.attributes['relaylens.handoff.status'], (w.t0, w.span)) AS receipt_status,
       arg_min(full_text(w.attributes['relaylens.handoff.received']), (w.t0, w.span)) AS received
FROM work_spans AS w
JOIN work_facts AS f USING (span)
LEFT JOIN work_steps AS s ON s.step = f.step
WHERE w.attributes['relaylens.handoff.id'] IS NOT NULL AND w.operation IS DISTINCT FROM 'handoff'
GROUP BY w.attributes['relaylens.handoff.id']
