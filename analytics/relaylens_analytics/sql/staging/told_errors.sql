-- Tool errors that only a message to the model or the framework's own account shows, for tools that have no spans.
CREATE OR REPLACE TEMP TABLE told_errors AS
WITH lists AS (
    SELECT w.trace_id, w.span_id, w.t0, full_text(w.input) AS document
    FROM work_spans AS w
    JOIN work_classes AS k USING (trace_id, span_id)
    WHERE k.span_class = 'llm' AND w.attributes['gen_ai.input.messages'] IS NOT NULL
),

parts AS (
    SELECT l.trace_id, l.span_id, l.t0, message ->> '$.role' AS role, unnest(from_json(coalesce(message -> '$.parts', '[]'), '["JSON"]')) AS part
    FROM (
        SELECT trace_id, span_id, t0, unnest(from_json(document, '["JSON"]')) AS message
        FROM lists
        WHERE json_valid(document) AND json_type(document) = 'ARRAY'
    ) AS l
),

responses AS (
    SELECT trace_id, span_id, t0, part ->> '$.id' AS call_id,
           coalesce(part ->> '$.response', part ->> '$.result', part ->> '$.content') AS text
    FROM parts
    WHERE (part ->> '$.type') = 'tool_call_response' OR role = 'tool'
)

SELECT r.trace_id, arg_min(r.span_id, r.t0) AS span_id, min(r.t0) AS t0, any_value(c.tool_key) AS tool_key, r.text
FROM responses AS r
LEFT JOIN work_calls AS c ON c.trace_id = r.trace_id AND c.call_id = r.call_id
WHERE regexp_matches(left(r.text, 300), '(?i)^\W*(error|exception|traceback|runtimeerror|valueerror)\b')
  -- a person did not let the tool be called: it has not failed
  AND NOT regexp_matches(left(r.text, 300), '(?i)\btool call (is|was|has been) (rejected|denied)\b')
  AND c.named_target IS NULL AND NOT coalesce(c.is_generic_transfer, FALSE)
GROUP BY r.trace_id, r.call_id, r.text
UNION ALL
-- CrewAI's account of a task lists the failures of its tools
SELECT o.trace_id, o.span_id, o.t0, tool_key(regexp_extract(o.account, 'ToolFailure\([^)]*tool_name=''([^'']+)', 1)),
       regexp_extract(o.account, 'ToolFailure\(message=''([^'']*)', 1)
FROM (
    SELECT trace_id, span_id, t0, full_text(attributes['crewai.crew.tasks_output']) AS account
    FROM work_spans
    WHERE attributes['crewai.crew.tasks_output'] IS NOT NULL
) AS o
WHERE contains(o.account, 'ToolFailure(');
