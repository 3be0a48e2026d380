-- The last message that the bus carried from each step.
-- needs: work_bus_receipts
SELECT s.step, arg_max(coalesce(b.content, ''), (b.t0, b.span)) AS text
FROM work_steps AS s
JOIN work_runs AS r USING (trace)
JOIN work_runs AS q ON q.run = r.run
JOIN work_bus_receipts AS b ON b.trace = q.trace AND agent_key(b.source) = s.agent
                           AND b.t1 >= s.t0 AND b.t0 <= s.t1 + 50000000
WHERE b.type IN ('TextMessage', 'ToolCallSummaryMessage', 'HandoffMessage', 'StopMessage')
GROUP BY s.step
