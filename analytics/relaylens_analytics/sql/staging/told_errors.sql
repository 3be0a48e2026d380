-- Tool errors that only a message to the model or the framework's own account shows, for tools that have no spans.
-- needs: told_lists | crewai.crew.tasks_output
WITH parts AS (
    SELECT l.span, l.t0, message ->> '$.role' AS role, -- a tool's message without parts is the result itself
           unnest(CASE WHEN json_type(message, '$.parts') = 'ARRAY' THEN json_extract(message, '$.parts[*]')
                       WHEN role = 'tool' THEN [message] ELSE [] END) AS part
    FROM (
        SELECT span, t0, unnest(from_json(document, '["JSON"]')) AS message
        FROM told_lists
        WHERE json_valid(document) AND json_type(document) = 'ARRAY'
    ) AS l
),

responses AS (
    SELECT span, t0, coalesce(part ->> '$.id', part ->> '$.tool_call_id') AS call_id,
           coalesce(part ->> '$.response', part ->> '$.result', part ->> '$.content') AS text
    FROM parts
    WHERE (part ->> '$.type') = 'tool_call_response' OR role = 'tool'
),

errors AS (
    SELECT r.span, w.trace, r.t0, r.call_id, r.text
    FROM responses AS r
    JOIN work_spans AS w USING (span)
    WHERE regexp_matches(left(r.text, 300), '(?i)^\W*(error|exception|traceback|runtimeerror|valueerror)\b')
      -- a person did not let the tool be called: it has not failed
      AND NOT regexp_matches(left(r.text, 300), '(?i)\btool call (is|was|has been) (rejected|denied)\b')
)

SELECT arg_min(r.span, (r.t0, r.span)) AS span, min(r.t0) AS t0, any_value(c.tool_key) AS tool_key, r.text
FROM errors AS r
LEFT JOIN work_calls AS c ON c.trace = r.trace AND c.call_id = r.call_id
WHERE c.named_target IS NULL AND NOT coalesce(c.is_generic_transfer, FALSE)
GROUP BY r.trace, r.call_id, r.text
UNION ALL
-- CrewAI's account of a task lists the failures of its tools
SELECT o.span, o.t0, tool_key(regexp_extract(o.account, 'ToolFailure\([^)]*tool_name=''([^'']+)', 1)),
       regexp_extract(o.account, 'ToolFailure\(message=''([^'']*)', 1)
FROM (
    SELECT w.span, w.t0, CASE WHEN w.attributes['crewai.crew.tasks_output'][1] = chr(1) THEN t.text ELSE w.attributes['crewai.crew.tasks_output'] END AS account
    FROM work_spans AS w
    LEFT JOIN work_texts AS t ON t.cell = w.attributes['crewai.crew.tasks_output']
    WHERE w.attributes['crewai.crew.tasks_output'] IS NOT NULL
) AS o
WHERE contains(o.account, 'ToolFailure(')
