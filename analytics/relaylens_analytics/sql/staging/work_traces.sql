-- The affected traces, numbered, each with its conversation: named by its session, else by its first trace.
WITH starts AS (
    SELECT s.trace_id, min(s.start_time_unix_nano) AS t0
    FROM spans AS s
    SEMI JOIN affected_traces USING (trace_id)
    WHERE s.batch >= getvariable('first_batch')
    GROUP BY s.trace_id
),

named AS (
    SELECT l.label,
           min(k.key[9:]) FILTER (WHERE k.rule = 'session') AS session,
           arg_min(l.trace_id, (s.t0, l.trace_id)) AS first_trace,
           bool_or(k.rule = 'framework') AS by_framework, bool_or(k.rule = 'link') AS by_link, bool_or(k.rule = 'call') AS by_call
    FROM labels_at_work AS l
    JOIN starts AS s USING (trace_id)
    LEFT JOIN affected_keys AS k USING (trace_id)
    GROUP BY l.label
)

SELECT row_number() OVER (ORDER BY l.trace_id)::INTEGER AS trace, l.trace_id, a.first_batch,
       coalesce(n.session, n.first_trace) AS conversation, l.tight_label AS tight_component,
       CASE WHEN n.session IS NOT NULL THEN 'session' WHEN n.by_framework THEN 'framework' WHEN n.by_link THEN 'link' WHEN n.by_call THEN 'call' ELSE 'trace' END AS rule
FROM labels_at_work AS l
JOIN named AS n USING (label)
JOIN affected_traces AS a ON a.trace_id = l.trace_id
