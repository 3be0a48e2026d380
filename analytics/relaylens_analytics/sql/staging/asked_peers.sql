-- The handoffs by which an agent asked another one for something; a turn that just came next was not asked.
-- needs: handoff_edges
-- needs: detector duplicated_work | detector contradiction | detector ignored_peer
SELECT e.edge, e.run, e.span, e.from_agent, e.to_agent, e.from_step, e.to_step, e.t0, e.t1, s.t0 AS to_t0, s.t1 AS to_t1, e.mode,
       e.to_outcome, s.parent_step IS NOT NULL AS is_called
FROM handoff_edges AS e
JOIN work_steps AS s ON s.step = e.to_step
WHERE NOT e.is_return AND e.from_step IS NOT NULL AND e.rule <> 'agent_switch'
