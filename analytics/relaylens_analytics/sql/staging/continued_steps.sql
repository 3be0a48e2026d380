-- Turns that nobody handed over: the agent goes on with a person's answer, or with what it was handed in an earlier turn.
-- needs: relaylens.handoff.id | work_requests
WITH questions AS (
    SELECT q.stated_id, q.stated_state IN ('requested', 'pending') AS is_request, f.run, f.step, f.agent
    FROM work_requests AS q
    JOIN work_facts AS f USING (span)
    WHERE q.stated_id IS NOT NULL AND f.step IS NOT NULL
)

-- the agent asked a person in an earlier turn and goes on in this one with the answer
SELECT a.step
FROM questions AS a
JOIN questions AS q ON q.stated_id = a.stated_id AND q.run = a.run AND q.agent = a.agent AND q.is_request AND q.step <> a.step
WHERE NOT a.is_request
UNION
-- the agent goes on with what it was handed in an earlier turn
SELECT w.span
FROM work_spans AS w
JOIN handoff_attempts AS a ON a.handoff_id = w.attributes['relaylens.handoff.id']
WHERE w.operation = 'invoke_agent'
UNION
-- a question to a person stopped the agent, which another one had called, and its next turn there goes on with the answer
SELECT step
FROM (
    SELECT n.step, row_number() OVER (PARTITION BY a.step ORDER BY n.t0, n.step) AS place
    FROM (SELECT DISTINCT f.step FROM work_requests AS q JOIN work_facts AS f USING (span) WHERE q.pauses) AS q
    JOIN work_steps AS a USING (step)
    JOIN work_steps AS n ON n.run = a.run AND n.agent = a.agent AND n.parent_step = a.parent_step AND n.t0 >= a.t1
)
WHERE place = 1
