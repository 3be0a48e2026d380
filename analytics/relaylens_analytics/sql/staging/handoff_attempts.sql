-- Stated handoffs, each once: from whom, to whom, and the step with which the target answered.
-- needs: handoff_candidates
WITH keyed AS (
    SELECT target, agent, CASE WHEN is_person(agent) THEN 'human' ELSE agent END AS target_agent
    FROM (SELECT target, agent_key(target) AS agent FROM (SELECT DISTINCT target FROM handoff_candidates))
),

placed AS (
    SELECT c.*, f.run, r.conversation, w.is_detail, w.parent,
           CASE WHEN coalesce(c.from_agent, f.agent) = f.agent THEN f.step END AS own_step,
           coalesce(c.from_agent, f.agent) AS source,
           t.target_agent, k.agent IS NOT NULL AS target_known
    FROM handoff_candidates AS c
    JOIN work_spans AS w USING (span)
    JOIN work_facts AS f USING (span)
    JOIN work_runs AS r ON r.trace = w.trace
    JOIN keyed AS t ON t.target IS NOT DISTINCT FROM c.target
    LEFT JOIN known_agents AS k ON k.trace = w.trace AND k.agent = t.agent
),

-- the source's step: the one the offer lies in, else the source's last one before
stepped AS (
    SELECT p.*, coalesce(p.own_step, s.step) AS from_step
    FROM placed AS p
    ASOF LEFT JOIN work_steps AS s ON s.run = p.run AND s.agent = p.source AND p.t0 >= s.t0
),

-- a stated source without a stated target: whoever begins next
aimed AS (
    SELECT p.* EXCLUDE (target_agent, target_known),
           coalesce(p.target_agent, n.agent) AS target_agent,
           p.target_known OR (p.target_agent IS NULL AND n.agent IS NOT NULL) AS target_known
    FROM stepped AS p
    ASOF LEFT JOIN work_steps AS n ON n.run = p.run AND p.t0 <= n.t0
    WHERE p.source IS NOT NULL
      AND coalesce(p.target_agent, n.agent, '') <> p.source
      AND (p.target_agent = 'human' OR p.target_known OR NOT p.needs_agent OR p.failed)
      AND NOT (p.target_agent IS NULL AND n.agent IS NULL AND p.rule <> 'handoff_attribute')
),

stated_pairs AS (
    SELECT DISTINCT run, source, target_agent FROM aimed WHERE handoff_id IS NOT NULL
),

-- spans right within which their own agent states a handoff: a tool in which it calls another agent
around AS (
    SELECT DISTINCT parent AS span, source FROM aimed WHERE handoff_id IS NOT NULL
),

-- what the details of a framework, the model's own words or a tool's name show is counted only where a statement is missing
kept AS (
    SELECT a.*
    FROM aimed AS a
    LEFT JOIN stated_pairs AS o ON o.run = a.run AND o.source = a.source AND o.target_agent = a.target_agent
    LEFT JOIN around AS i ON i.span = a.span AND i.source = a.source AND a.handoff_id IS NULL
    WHERE NOT ((a.is_detail OR a.rule = 'model_tool_call') AND o.run IS NOT NULL)
      AND i.span IS NULL
),

-- the receipt where offers carry an id, else the target's next step
matched AS (
    SELECT a.*,
           CASE WHEN a.handoff_id IS NULL THEN s.step ELSE r.to_step END AS to_step,
           CASE WHEN a.handoff_id IS NULL THEN s.t0 ELSE r.to_t0 END AS to_t0,
           CASE WHEN a.handoff_id IS NULL THEN s.t1 ELSE r.to_t1 END AS to_t1,
           r.receipt_status, r.received
    FROM kept AS a
    ASOF LEFT JOIN work_steps AS s ON s.run = a.run AND s.agent = a.target_agent AND a.t0 <= s.t0
    LEFT JOIN handoff_receipts AS r ON r.handoff_id = a.handoff_id
),

-- a failed offer is answered only by a step within it
honest AS (
    SELECT * REPLACE (CASE WHEN handoff_id IS NULL AND failed AND to_t0 > t1 THEN NULL ELSE to_step END AS to_step)
    FROM matched
),

-- several sources aim at one step: the last to offer is answered
answered AS (
    SELECT * REPLACE (
        CASE WHEN handoff_id IS NULL AND to_step IS NOT NULL AND arg_max(source, (t0, span)) OVER (PARTITION BY run, to_step) <> source
             THEN NULL ELSE to_step END AS to_step
    )
    FROM honest
)

-- one handoff seen by several rules or spans is one handoff
SELECT arg_min(span, (priority, t0, span)) AS span,
       run, any_value(conversation) AS conversation, source AS from_agent, target_agent AS to_agent,
       arg_min(rule, (priority, t0, span)) AS rule,
       min(t0) AS t0, max(t1) AS t1,
       arg_min(mode, (priority, t0, span)) FILTER (WHERE mode IS NOT NULL) AS mode,
       arg_min(sent, (priority, t0, span)) FILTER (WHERE sent IS NOT NULL) AS sent,
       bool_or(failed) AS failed, bool_or(target_known) AS target_known, bool_or(is_explicit_return) AS is_explicit_return,
       arg_min(from_step, (priority, t0, span)) AS from_step, to_step,
       handoff_id, any_value(receipt_status) AS receipt_status, any_value(received) AS received
FROM answered
GROUP BY run, source, target_agent, to_step, handoff_id, CASE WHEN to_step IS NULL THEN from_step END
