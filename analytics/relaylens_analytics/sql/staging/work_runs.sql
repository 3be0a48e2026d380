-- Which run each trace belongs to: stated, joined by links or a framework's id, resumed after a pause for a person, begun by the agent to
-- which the one before it handed over, or its own.
WITH working AS (
    SELECT w.trace, min(w.t0) AS t0, max(w.t1) AS t1, count(*) AS spans, min(w.run_id) AS stated, bool_or(w.parent_span_id IS NULL) AS has_root,
           bool_or(k.span_class IN ('agent', 'llm', 'tool', 'handoff', 'human', 'workflow', 'validation', 'feedback')) AS works
    FROM work_spans AS w
    JOIN work_classes AS k USING (span)
    GROUP BY w.trace
),

-- asked for only where it is compared
beginnings AS (
    SELECT w.trace, arg_min(n.agent, (w.t0, w.span)) AS agent
    FROM agent_names AS n
    JOIN work_spans AS w USING (span)
    WHERE EXISTS (SELECT 1 FROM handed_on)
    GROUP BY w.trace
),

grouped AS (
    SELECT w.*, c.trace_id, c.conversation, coalesce(w.stated, c.tight_component) AS unit, p.trace IS NOT NULL AS pauses,
           h.target AS handed_to, b.agent AS begins_with
    FROM working AS w
    JOIN work_traces AS c USING (trace)
    LEFT JOIN work_pauses AS p USING (trace)
    LEFT JOIN handed_on AS h USING (trace)
    LEFT JOIN beginnings AS b USING (trace)
),

units AS (
    SELECT conversation, unit, min(t0) AS t0, bool_or(pauses) AS pauses, arg_max(handed_to, t1) AS handed_to, arg_min(begins_with, t0) AS begins_with,
           arg_min(trace_id, (NOT works, t0, trace_id)) AS first_trace, any_value(stated) AS stated
    FROM grouped
    GROUP BY conversation, unit
    HAVING bool_or(works)
),

-- a unit that follows a pause in its conversation, or that is what was handed over, goes on with the same run
begun AS (
    SELECT conversation, unit, t0,
           CASE WHEN stated IS NULL AND lag(stated) OVER in_order IS NULL
                     AND (lag(pauses, 1, FALSE) OVER in_order OR coalesce(lag(handed_to) OVER in_order = begins_with, FALSE)) THEN NULL
                ELSE coalesce(stated, first_trace) END AS begins
    FROM units
    WINDOW in_order AS (PARTITION BY conversation ORDER BY t0, unit)
),

named AS (
    SELECT conversation, unit, last_value(begins IGNORE NULLS) OVER (PARTITION BY conversation ORDER BY t0, unit) AS run
    FROM begun
)

SELECT g.trace, g.trace_id, g.conversation, n.run, g.has_root, g.t0, g.t1, g.spans
FROM grouped AS g
JOIN named AS n ON n.conversation = g.conversation AND n.unit = g.unit
