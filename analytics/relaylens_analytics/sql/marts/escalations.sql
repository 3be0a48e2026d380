-- Every question to a person with its answer, if there is one.
-- needs: work_requests
WITH stated_questions AS (
    SELECT f.run, f.agent, min(q.t0) AS t0
    FROM work_requests AS q
    JOIN work_facts AS f USING (span)
    WHERE q.rule = 'stated' AND f.run IS NOT NULL
    GROUP BY f.run, f.agent
),

requests AS (
    SELECT q.*, w.trace_id, w.span_id, coalesce(f.agent, agent_key(b.source)) AS agent, f.run, f.step, r.conversation, w.service_name
    FROM work_requests AS q
    JOIN work_facts AS f USING (span)
    JOIN work_spans AS w USING (span)
    JOIN work_runs AS r ON r.trace = w.trace
    -- a message on a bus is received outside of any turn, and says who sent it
    LEFT JOIN (SELECT span, any_value(source) AS source FROM work_bus_receipts WHERE type = 'HandoffMessage' GROUP BY span) AS b ON b.span = q.span
    LEFT JOIN stated_questions AS s ON s.run = f.run AND s.agent = f.agent
    -- what the details of a framework or the model's own words show is counted only where a statement is missing;
    -- the tool that an agent uses after it has asked is what the question was about
    WHERE q.rule = 'stated'
       OR NOT coalesce(((w.is_detail OR q.rule = 'person_call') AND f.run IN (SELECT run FROM stated_questions))
                       OR (q.rule = 'person_tool' AND q.t0 >= s.t0), FALSE)
),

-- questions with an id of their own: request and answers share it
stated AS (
    SELECT stated_id AS id, arg_min(conversation, t0) AS conversation, arg_min(run, t0) AS run, arg_min(trace_id, t0) AS trace_id,
           arg_min(span_id, t0) AS span_id, arg_min(agent, t0) AS agent, arg_min(service_name, t0) AS service_name,
           arg_min(tool_name, t0) AS tool_name, min(t0) AS asked,
           arg_max(stated_state, t0) FILTER (WHERE stated_state NOT IN ('requested', 'pending')) AS final_state,
           min(t0) FILTER (WHERE stated_state NOT IN ('requested', 'pending')) AS answered,
           arg_min(full_text(question), t0) FILTER (WHERE question IS NOT NULL) AS question,
           arg_max(full_text(answer), t0) FILTER (WHERE answer IS NOT NULL) AS answer,
           arg_max(answered_by, t0) FILTER (WHERE answered_by IS NOT NULL) AS answered_by, rule
    FROM requests
    WHERE rule = 'stated'
    GROUP BY stated_id, rule
),

-- the others: a pause, its signs, and the call that went on with it are one question of one agent
rows AS (
    -- what several rules say of one span belongs together
    SELECT *, coalesce(sum((NOT pauses)::INTEGER) OVER (
        PARTITION BY run, agent ORDER BY t0, span_id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP), 0) AS turn
    FROM requests
    WHERE rule <> 'stated'
),

human_messages AS (
    SELECT c.conversation, b.message_id, min(b.t0) AS t0, any_value(b.content) AS content, any_value(b.source) AS source
    FROM work_bus_receipts AS b
    JOIN work_traces AS c USING (trace)
    WHERE is_person(agent_key(b.source)) AND b.type IN ('HandoffMessage', 'TextMessage')
    GROUP BY c.conversation, b.message_id
),

paired AS (
    SELECT run, agent, turn, any_value(conversation) AS conversation, arg_min(trace_id, (t0, span_id)) AS trace_id,
           arg_min(span_id, (t0, span_id)) AS span_id, any_value(service_name) AS service_name,
           arg_min(tool_name, (t0, span_id, priority)) FILTER (WHERE tool_name IS NOT NULL) AS tool_name,
           arg_min(rule, (t0, span_id, priority)) AS rule, min(t0) AS asked, arg_min(step, (t0, span_id, priority)) AS asked_step,
           arg_min(question, (t0, span_id, priority)) FILTER (WHERE question IS NOT NULL) AS question,
           min(t1) FILTER (WHERE NOT pauses) AS went_on, bool_or(pauses) AS paused,
           arg_max(answer, t0) FILTER (WHERE NOT pauses) AS answer,
           arg_max(answer, t0) FILTER (WHERE pauses AND stated_state = 'denied') AS denial, min(t1) FILTER (WHERE pauses AND stated_state = 'denied') AS denied
    FROM rows
    GROUP BY run, agent, turn
),

released_calls AS (
    SELECT f.run, f.agent, f.step, t.tool_name, t.t0
    FROM work_tools AS t
    JOIN work_facts AS f USING (span)
    WHERE NOT EXISTS (SELECT 1 FROM work_requests AS q WHERE q.span = t.span)
),

answered AS (
    SELECT p.*, h.t0 AS human_t0, h.content AS human_content, h.source AS human_name,
           -- work of the same run after the pause, in a later trace, shows that the person let it go on; on a bus each message is a trace
           -- of its own, and the answer would be one
           CASE WHEN p.rule <> 'message_to_person'
                THEN (SELECT min(s.t0) FROM work_steps AS s JOIN work_traces AS t USING (trace) WHERE s.run = p.run AND t.trace_id <> p.trace_id AND s.t0 > p.asked)
           END AS resumed,
           -- and so does the call that waited, made in a later turn of the same agent: it was let through
           (SELECT min(c.t0) FROM released_calls AS c
            WHERE c.run = p.run AND c.agent = p.agent AND c.tool_name = p.tool_name AND c.t0 > p.asked AND c.step IS DISTINCT FROM p.asked_step) AS released
    FROM paired AS p
    ASOF LEFT JOIN human_messages AS h ON h.conversation = p.conversation AND p.asked < h.t0
),

inferred AS (
    SELECT trace_id || ':' || span_id AS id, conversation, run, trace_id, span_id, agent, service_name, tool_name, asked, rule, question,
           coalesce(human_t0, CASE WHEN paused THEN coalesce(went_on, denied, least(resumed, released)) ELSE CASE WHEN answer IS NOT NULL THEN went_on END END) AS answered,
           coalesce(human_content, answer, denial) AS answer, human_name AS answered_by, paused, denied IS NOT NULL AND went_on IS NULL AS is_denied
    FROM answered
)

SELECT id AS escalation, conversation, run, trace_id, span_id, agent, service_name,
       coalesce(final_state, 'pending') AS state, rule, tool_name,
       make_timestamp(asked // 1000) AS requested_at, make_timestamp(answered // 1000) AS answered_at,
       (answered - asked) / 1e6 AS pending_ms,
       ltrim(left(question, 4000), chr(1)) AS question, ltrim(left(answer, 4000), chr(1)) AS answer, answered_by
FROM stated
UNION ALL BY NAME
SELECT id AS escalation, conversation, run, trace_id, span_id, agent, service_name,
       CASE WHEN answered IS NULL AND paused THEN 'pending'
            WHEN answered IS NULL THEN 'requested'
            WHEN is_denied OR regexp_matches(answer, '(?i)\b(den(y|ied)|reject(ed)?|refus(e|ed)|disapproved?|not approved)\b') THEN 'denied'
            WHEN regexp_matches(answer, '(?i)\b(edit(ed)?|changed|correct(ed|ion))\b') THEN 'edited'
            ELSE 'approved' END AS state,
       rule, tool_name, make_timestamp(asked // 1000) AS requested_at, make_timestamp(answered // 1000) AS answered_at,
       (answered - asked) / 1e6 AS pending_ms,
       ltrim(left(question, 4000), chr(1)) AS question, ltrim(left(answer, 4000), chr(1)) AS answer, answered_by
FROM inferred
