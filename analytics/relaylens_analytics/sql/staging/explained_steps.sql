-- Steps with how work reached them so far: by a stated handoff or not yet known; and who last handed work to the agent.
CREATE OR REPLACE TEMP TABLE explained_steps AS
WITH stated AS (
    SELECT s.*, a.from_agent, a.span_id IS NOT NULL AS is_stated
    FROM work_steps AS s
    LEFT JOIN handoff_attempts AS a ON a.to_trace = s.trace_id AND a.to_span = s.span_id
    QUALIFY row_number() OVER (PARTITION BY s.trace_id, s.span_id ORDER BY a.t0 DESC) = 1
)

SELECT s.*, i.span_id IS NOT NULL AS is_idle,
       last_value(s.from_agent IGNORE NULLS) OVER (PARTITION BY s.run, s.agent ORDER BY s.t0, s.t1, s.span_id) AS stated_from
FROM stated AS s
LEFT JOIN idle_steps AS i USING (trace_id, span_id);
