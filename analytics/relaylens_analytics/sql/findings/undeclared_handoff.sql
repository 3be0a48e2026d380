-- Work went from one agent to another on a way that the declared network does not have.
-- id: S2
-- layer: declared
-- reads: structure
-- on: yes
-- exempt: returns to the caller; agents that are not declared themselves, which is undeclared_agent; tables without handoffs
-- needs: specified handoff
-- needs: new_handoffs
WITH crossed AS (
    SELECT *, CASE WHEN target_type = 'human' THEN 'human' ELSE to_agent END AS target FROM new_handoffs WHERE NOT is_return AND to_agent IS NOT NULL AND run IS NOT NULL
),

ways AS (
    SELECT service_name, name, CASE WHEN is_person(target) THEN 'human' ELSE target END AS target FROM declared('handoff')
),

members AS (
    SELECT service_name, name FROM declared('agent')
    UNION
    SELECT service_name, unnest([name, target]) FROM ways
    UNION
    SELECT service_name, 'human' FROM ways
)

SELECT 'undeclared_handoff' AS detector, 'medium' AS severity, h.run, h.trace_id, h.span_id, [h.trace_id || ':' || h.span_id] AS span_ids,
       h.from_agent AS agent, h.from_agent AS blamed_agent, h.from_step AS blamed_step,
       CASE WHEN h.rule IN ('transfer_attribute', 'handoff_span') THEN 'stated' WHEN h.rule = 'agent_switch' THEN 'inferred' ELSE 'rule' END AS certainty,
       'The agent ' || h.from_agent || ' handed work to ' || h.target || ', which is not declared in ' || h.service_name AS message,
       left(h.sent, 501) AS evidence, epoch_us(h.offered_at) * 1000 AS found_at
FROM crossed AS h
SEMI JOIN members AS f ON f.service_name = h.service_name AND f.name = h.from_agent
SEMI JOIN members AS t ON t.service_name = h.service_name AND t.name = h.target
SEMI JOIN ways AS s ON s.service_name = h.service_name
ANTI JOIN ways AS w ON w.service_name = h.service_name AND w.name = h.from_agent AND w.target = h.target
QUALIFY row_number() OVER (PARTITION BY h.run, h.from_agent, h.target ORDER BY h.position) = 1
