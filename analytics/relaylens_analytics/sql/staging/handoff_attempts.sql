-- Stated handoffs, each once: from whom, to whom, and the step with which the target answered.
CREATE OR REPLACE TEMP TABLE handoff_attempts AS
WITH placed AS (
    SELECT c.*, f.run, r.conversation,
           CASE WHEN coalesce(c.from_agent, f.agent) = f.agent THEN f.step_span END AS own_step,
           coalesce(c.from_agent, f.agent) AS source,
           CASE WHEN is_person(agent_key(c.target)) THEN 'human' ELSE agent_key(c.target) END AS target_agent,
           k.agent IS NOT NULL AS target_known, w.is_detail
    FROM handoff_candidates AS c
    JOIN work_spans AS w USING (trace_id, span_id)
    JOIN work_facts AS f USING (trace_id, span_id)
    JOIN work_runs AS r USING (trace_id)
    LEFT JOIN known_agents AS k ON k.trace_id = c.trace_id AND k.agent = agent_key(c.target)
),

-- the source's step: the one the offer lies in, else the source's last one before
stepped AS (
    SELECT p.*,
           CASE WHEN p.own_step IS NOT NULL THEN p.trace_id ELSE s.trace_id END AS from_trace,
           coalesce(p.own_step, s.span_id) AS from_step_span
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

-- spans right within which their own agent states a handoff: a tool in which it calls another agent
around AS (
    SELECT DISTINCT w.trace_id, w.parent_span_id AS span_id, o.source
    FROM aimed AS o
    JOIN work_spans AS w USING (trace_id, span_id)
    WHERE o.handoff_id IS NOT NULL
),

-- what the details of a framework, the model's own words or a tool's name show is counted only where a statement is missing
kept AS (
    SELECT a.*
    FROM aimed AS a
    LEFT JOIN around AS i ON i.trace_id = a.trace_id AND i.span_id = a.span_id AND i.source = a.source AND a.handoff_id IS NULL
    WHERE NOT ((a.is_detail OR a.rule = 'model_tool_call') AND EXISTS (
        SELECT 1 FROM aimed AS o
        WHERE o.run = a.run AND o.handoff_id IS NOT NULL AND o.source = a.source AND o.target_agent = a.target_agent
    ))
      AND i.span_id IS NULL
),

receipts AS (
    SELECT w.attributes['relaylens.handoff.id'] AS handoff_id,
           arg_min(s.trace_id, w.t0) AS to_trace, arg_min(s.span_id, w.t0) AS to_span, arg_min(s.t0, w.t0) AS to_t0, arg_min(s.t1, w.t0) AS to_t1,
           arg_min(w.attributes['relaylens.handoff.status'], w.t0) AS receipt_status,
           arg_min(full_text(w.attributes['relaylens.handoff.received']), w.t0) AS received
    FROM work_spans AS w
    JOIN work_facts AS f USING (trace_id, span_id)
    LEFT JOIN work_steps AS s ON s.trace_id = f.trace_id AND s.span_id = f.step_span
    WHERE w.attributes['relaylens.handoff.id'] IS NOT NULL AND w.operation IS DISTINCT FROM 'handoff'
    GROUP BY w.attributes['relaylens.handoff.id']
),

-- the receipt where offers carry an id, else the target's next step
matched AS (
    SELECT a.*,
           CASE WHEN a.handoff_id IS NULL THEN s.trace_id ELSE r.to_trace END AS to_trace,
           CASE WHEN a.handoff_id IS NULL THEN s.span_id ELSE r.to_span END AS to_span,
           CASE WHEN a.handoff_id IS NULL THEN s.t0 ELSE r.to_t0 END AS to_t0,
           CASE WHEN a.handoff_id IS NULL THEN s.t1 ELSE r.to_t1 END AS to_t1,
           r.receipt_status, r.received
    FROM kept AS a
    ASOF LEFT JOIN work_steps AS s ON s.run = a.run AND s.agent = a.target_agent AND a.t0 <= s.t0
    LEFT JOIN receipts AS r ON r.handoff_id = a.handoff_id
),

-- a failed offer is answered only by a step within it
honest AS (
    SELECT * REPLACE (
        CASE WHEN handoff_id IS NULL AND failed AND to_t0 > t1 THEN NULL ELSE to_trace END AS to_trace,
        CASE WHEN handoff_id IS NULL AND failed AND to_t0 > t1 THEN NULL ELSE to_span END AS to_span
    )
    FROM matched
),

-- several sources aim at one step: the last to offer is answered
answered AS (
    SELECT h.* REPLACE (
        CASE WHEN h.handoff_id IS NULL AND h.to_span IS NOT NULL AND h.last_source <> h.source THEN NULL ELSE h.to_trace END AS to_trace,
        CASE WHEN h.handoff_id IS NULL AND h.to_span IS NOT NULL AND h.last_source <> h.source THEN NULL ELSE h.to_span END AS to_span
    )
    FROM (
        SELECT *, arg_max(source, t0) OVER (PARTITION BY run, to_trace, to_span) AS last_source
        FROM honest
    ) AS h
)

-- one handoff seen by several rules or spans is one handoff
SELECT arg_min(trace_id, (priority, t0)) AS trace_id, arg_min(span_id, (priority, t0)) AS span_id,
       run, any_value(conversation) AS conversation, source AS from_agent, target_agent AS to_agent,
       arg_min(rule, (priority, t0)) AS rule, min(priority) AS priority,
       min(t0) AS t0, max(t1) AS t1,
       arg_min(mode, (priority, t0)) FILTER (WHERE mode IS NOT NULL) AS mode,
       arg_min(sent, (priority, t0)) FILTER (WHERE sent IS NOT NULL) AS sent,
       bool_or(failed) AS failed, bool_or(target_known) AS target_known, bool_or(is_explicit_return) AS is_explicit_return,
       any_value(from_trace) AS from_trace, any_value(from_step_span) AS from_step_span, to_trace, to_span,
       handoff_id, any_value(receipt_status) AS receipt_status, any_value(received) AS received
FROM answered
GROUP BY run, source, target_agent, to_trace, to_span, handoff_id, CASE WHEN to_span IS NULL THEN from_step_span END;
