-- The agent's final result is a list of calls to approve; an agent that was called by another gives it the list, which is the same question.
-- needs: agent_spans
WITH lists AS (
    SELECT a.span, a.trace, w.t0, a.t1, json_text(a.output_text, '$.approvals[0].tool_name') AS tool_name,
           json_text(a.output_text, '$.approvals[0].args') AS question, json_text(a.output_text, '$.approvals[0].tool_call_id') AS call_id
    FROM agent_spans AS a
    JOIN work_spans AS w USING (span)
    WHERE json_text(a.output_text, '$.approvals[0].tool_name') IS NOT NULL
),

-- a later turn of the agent that has the call's result, though no tool was run: the person has said no, in these words
followed AS (
    SELECT l.span, l.call_id, w.t0, in_full(w.input, x.text) AS document
    FROM lists AS l
    JOIN work_traces AS c ON c.trace = l.trace
    JOIN work_traces AS d ON d.conversation = c.conversation
    JOIN work_spans AS w ON w.trace = d.trace AND w.t0 >= l.t1
    SEMI JOIN agent_spans AS a ON a.span = w.span
    LEFT JOIN work_texts AS x ON x.cell = w.input
    WHERE l.call_id IS NOT NULL AND contains(document, l.call_id) AND json_type(document) = 'ARRAY'
      AND l.call_id NOT IN (SELECT tool_call_id FROM work_tools WHERE tool_call_id IS NOT NULL)
),

turned_down AS (
    SELECT span, arg_min(coalesce(part ->> '$.result', part ->> '$.response'), t0) AS answer, min(t0) AS t0
    FROM (SELECT span, call_id, t0, unnest(json_extract(document, '$[*].parts[*]')) AS part FROM followed)
    WHERE (part ->> '$.type') = 'tool_call_response' AND (part ->> '$.id') = call_id
    GROUP BY span
)

SELECT l.span, l.t1 AS t0, coalesce(d.t0, l.t1) AS t1, l.tool_name, TRUE AS pauses,
       NULL AS stated_id, CASE WHEN d.span IS NOT NULL THEN 'denied' END AS stated_state, l.question, d.answer, NULL AS answered_by
FROM lists AS l
LEFT JOIN turned_down AS d ON d.span = l.span
WHERE NOT EXISTS (
    SELECT 1 FROM lists AS i
    WHERE i.trace = l.trace AND i.span <> l.span AND i.t0 >= l.t0 AND i.t1 <= l.t1
      AND i.tool_name = l.tool_name AND i.call_id IS NOT DISTINCT FROM l.call_id AND i.question IS NOT DISTINCT FROM l.question
)
