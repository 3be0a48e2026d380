-- Steps with how work reached them so far: by a stated handoff, by a person's answer to the agent, or not yet known; and who last
-- handed work to the agent.
CREATE OR REPLACE TEMP TABLE explained_steps AS
WITH questions AS (
    SELECT q.stated_id, q.stated_state IN ('requested', 'pending') AS is_request, f.run, f.trace_id, f.step_span, f.agent
    FROM work_requests AS q
    JOIN work_facts AS f USING (trace_id, span_id)
    WHERE q.stated_id IS NOT NULL AND f.step_span IS NOT NULL
),

-- the agent asked a person in an earlier turn and goes on in this one with the answer: nobody has handed over
resumed AS (
    SELECT DISTINCT a.trace_id, a.step_span AS span_id
    FROM questions AS a
    JOIN questions AS q ON q.stated_id = a.stated_id AND q.run = a.run AND q.agent = a.agent
                       AND q.is_request AND (q.trace_id, q.step_span) <> (a.trace_id, a.step_span)
    WHERE NOT a.is_request
),

-- the agent goes on with what it was handed in an earlier turn
continued AS (
    SELECT DISTINCT w.trace_id, w.span_id
    FROM work_spans AS w
    JOIN handoff_attempts AS a ON a.handoff_id = w.attributes['relaylens.handoff.id']
    WHERE w.operation = 'invoke_agent'
),

stated AS (
    SELECT s.*, a.from_agent, a.span_id IS NOT NULL OR r.span_id IS NOT NULL OR c.span_id IS NOT NULL AS is_stated
    FROM work_steps AS s
    LEFT JOIN handoff_attempts AS a ON a.to_trace = s.trace_id AND a.to_span = s.span_id
    LEFT JOIN resumed AS r ON r.trace_id = s.trace_id AND r.span_id = s.span_id
    LEFT JOIN continued AS c ON c.trace_id = s.trace_id AND c.span_id = s.span_id
    QUALIFY row_number() OVER (PARTITION BY s.trace_id, s.span_id ORDER BY a.t0 DESC) = 1
)

SELECT s.*, i.span_id IS NOT NULL AS is_idle,
       last_value(s.from_agent IGNORE NULLS) OVER (PARTITION BY s.run, s.agent ORDER BY s.t0, s.t1, s.span_id) AS stated_from
FROM stated AS s
LEFT JOIN idle_steps AS i USING (trace_id, span_id);
