-- Tool calls that models asked for, and whether a tool span shows that the call was made.
CREATE OR REPLACE TEMP TABLE work_calls AS
WITH calls AS (
    SELECT DISTINCT r.trace_id, r.span_id, CAST(NULL AS VARCHAR) AS caller, r.call_name, r.call_id, r.call_arguments, w.t0, w.t1,
           tool_key(r.call_name) AS tool_key,
           full_text(w.attributes['gen_ai.tool.definitions']) AS definitions
    FROM work_replies AS r
    JOIN work_spans AS w USING (trace_id, span_id)
    WHERE r.call_name IS NOT NULL
    UNION ALL
    -- requests that AutoGen's bus carries, each of which every subscriber receives
    SELECT arg_min(trace_id, (t0, span_id)), arg_min(span_id, (t0, span_id)), agent_key(any_value(source)), call ->> '$.name', call ->> '$.id',
           any_value(call ->> '$.arguments'), min(t0), min(t1), tool_key(call ->> '$.name'), NULL
    FROM (
        SELECT *, unnest(from_json(content, '["JSON"]')) AS call
        FROM work_bus_receipts
        WHERE type = 'ToolCallRequestEvent' AND json_valid(content) AND json_type(content) = 'ARRAY'
    )
    WHERE (call ->> '$.name') IS NOT NULL
    GROUP BY call ->> '$.name', call ->> '$.id', message_id
),

spread AS (
    SELECT *, lead(t0) OVER (PARTITION BY trace_id, caller, tool_key ORDER BY t0, span_id) AS next_t0
    FROM calls
)

SELECT c.trace_id, c.span_id, c.caller, c.call_name, c.call_id, c.call_arguments, c.t0, c.t1, c.tool_key,
       is_generic_transfer(c.tool_key) AS is_generic_transfer,
       named_target(c.tool_key) AS named_target,
       argument_target(c.call_arguments) AS argument_target,
       coalesce(contains(c.definitions, '"' || c.call_name || '"'), FALSE) AS is_declared,
       c.definitions IS NOT NULL AS has_definitions,
       EXISTS (
           SELECT 1 FROM work_tools AS t
           WHERE t.trace_id = c.trace_id
             AND (t.tool_call_id = c.call_id
                  OR (t.tool_key = c.tool_key AND t.t0 >= c.t0 AND (c.next_t0 IS NULL OR t.t0 < c.next_t0)))
       ) OR (c.caller IS NOT NULL AND EXISTS (
           SELECT 1 FROM work_tools AS t
           JOIN work_components AS there ON there.trace_id = t.trace_id
           JOIN work_components AS here ON here.trace_id = c.trace_id AND here.conversation = there.conversation
           WHERE t.tool_key = c.tool_key
       )) AS has_tool_span
FROM spread AS c;
