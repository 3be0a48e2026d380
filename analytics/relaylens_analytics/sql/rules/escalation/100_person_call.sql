-- The model asked for a tool that asks a person, and no tool span shows it; what it gave back stands in a later prompt, if anywhere.
-- needs: unshown_calls
WITH asking AS (
    SELECT c.*
    FROM unshown_calls AS c
    WHERE asks_person(c.tool_key)
       OR is_person(agent_of_key(c.named_target)) OR (c.is_generic_transfer AND is_person(agent_key(c.argument_target)))
),

prompts AS (
    SELECT a.span, a.call_id, w.t0, text_of(w.input) AS document
    FROM asking AS a
    JOIN work_spans AS w ON w.trace = a.trace AND w.t0 >= a.t1
    SEMI JOIN (SELECT span FROM work_classes WHERE span_class = 'llm') AS k ON k.span = w.span
    WHERE contains(document, a.call_id) AND json_valid(document)
    QUALIFY row_number() OVER (PARTITION BY a.span, a.call_id ORDER BY w.t0, w.span) = 1
),

messages AS (
    SELECT span, call_id, t0,
           unnest(from_json(CASE WHEN json_type(document) = 'ARRAY' THEN document ELSE json_extract(document, '$.messages') END, '["JSON"]')) AS message
    FROM prompts
),

told AS (
    SELECT span, call_id, any_value(t0) AS t0, any_value(answer) AS answer
    FROM (
        SELECT span, call_id, t0, message ->> '$.content' AS answer
        FROM messages
        WHERE (message ->> '$.tool_call_id') = call_id
        UNION ALL
        SELECT span, call_id, t0, coalesce(part ->> '$.response', part ->> '$.result', part ->> '$.content')
        FROM (SELECT span, call_id, t0, unnest(from_json(coalesce(message -> '$.parts', '[]'), '["JSON"]')) AS part FROM messages)
        WHERE (part ->> '$.id') = call_id AND (part ->> '$.type') <> 'tool_call'
    )
    WHERE NOT is_blank(answer) AND NOT is_left_open(left(answer, 600))
    GROUP BY span, call_id
)

SELECT a.span, a.t1 AS t0, coalesce(d.t0, a.t1) AS t1, a.call_name AS tool_name, d.answer IS NULL AS pauses,
       NULL AS stated_id, NULL AS stated_state, a.call_arguments AS question, d.answer, NULL AS answered_by
FROM asking AS a
LEFT JOIN told AS d USING (span, call_id)
