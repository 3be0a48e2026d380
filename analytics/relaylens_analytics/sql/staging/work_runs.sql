-- Which run each trace belongs to: stated, joined by links or a framework's id, resumed after a pause for a person, or its own.
CREATE OR REPLACE TEMP TABLE work_runs AS
WITH RECURSIVE working AS (
    SELECT w.trace_id, min(w.t0) AS t0, min(w.run_id) AS stated,
           bool_or(k.span_class IN ('agent', 'llm', 'tool', 'handoff', 'human', 'workflow', 'validation', 'feedback')) AS works
    FROM work_spans AS w
    JOIN work_classes AS k USING (trace_id, span_id)
    GROUP BY w.trace_id
),

grouped AS (
    SELECT w.*, c.conversation, c.tight_component
    FROM working AS w
    JOIN work_components AS c USING (trace_id)
),

units AS (
    SELECT conversation, coalesce(stated, tight_component) AS unit, min(t0) AS t0, bool_or(works) AS works,
           arg_min(trace_id, (NOT works, t0, trace_id)) AS first_trace, any_value(stated) AS stated
    FROM grouped
    GROUP BY ALL
),

ordered AS (
    SELECT u.*, row_number() OVER (PARTITION BY conversation ORDER BY t0, unit) AS place,
           EXISTS (
               SELECT 1 FROM work_pauses AS p
               JOIN grouped AS g ON g.trace_id = p.trace_id
               WHERE coalesce(g.stated, g.tight_component) = u.unit AND g.conversation = u.conversation
           ) AS pauses
    FROM units AS u
    WHERE works
),

-- a unit that follows a pause in its conversation goes on with the same run
chained AS (
    SELECT o.*, coalesce(o.stated, o.first_trace) AS run FROM ordered AS o WHERE place = 1
    UNION ALL
    SELECT o.*, CASE WHEN o.stated IS NULL AND c.stated IS NULL AND c.pauses THEN c.run ELSE coalesce(o.stated, o.first_trace) END
    FROM chained AS c
    JOIN ordered AS o ON o.conversation = c.conversation AND o.place = c.place + 1
)

SELECT g.trace_id, g.conversation, c.run
FROM grouped AS g
JOIN chained AS c ON c.conversation = g.conversation AND c.unit = coalesce(g.stated, g.tight_component);
