-- Tool calls that models asked for, and whether a tool span shows that the call was made.
WITH asked AS (
    SELECT DISTINCT w.trace, r.span, CAST(NULL AS VARCHAR) AS caller, r.call_name, r.call_id, r.call_arguments, w.t0, w.t1,
           w.tool_definitions AS definitions
    FROM work_replies AS r
    JOIN work_spans AS w USING (span)
    WHERE r.call_name IS NOT NULL
    UNION ALL
    SELECT trace, span, caller, call_name, call_id, call_arguments, t0, t1, NULL
    FROM work_bus_calls
),

-- what a name says is found out once for each name
keyed AS (
    SELECT call_name, tool_key(call_name) AS tool_key FROM (SELECT DISTINCT call_name FROM asked)
),

named AS (
    SELECT *, is_generic_transfer(tool_key) AS is_generic_transfer, named_target(tool_key) AS named_target
    FROM keyed
),

calls AS (
    SELECT row_number() OVER () AS call, a.trace, a.span, a.caller, a.call_name, a.call_id, a.call_arguments, a.t0, a.t1,
           n.tool_key, n.is_generic_transfer, n.named_target,
           CASE WHEN a.definitions[1] = chr(1) THEN d.text ELSE a.definitions END AS definitions,
           lead(a.t0) OVER (PARTITION BY a.trace, a.caller, n.tool_key ORDER BY a.t0, a.span) AS next_t0
    FROM asked AS a
    JOIN named AS n USING (call_name)
    LEFT JOIN work_texts AS d ON d.cell = a.definitions
),

-- a tool span shows the call by its id, or by its name and time; of what a bus carries, by its name anywhere in the conversation
shown AS (
    SELECT c.call
    FROM calls AS c
    JOIN work_tools AS t ON t.trace = c.trace AND t.tool_call_id = c.call_id
    UNION
    SELECT c.call
    FROM calls AS c
    ASOF JOIN work_tools AS t ON t.trace = c.trace AND t.tool_key = c.tool_key AND c.t0 <= t.t0
    WHERE c.next_t0 IS NULL OR t.t0 < c.next_t0
    UNION
    SELECT c.call
    FROM calls AS c
    JOIN work_traces AS here ON here.trace = c.trace
    JOIN (
        SELECT DISTINCT there.conversation, t.tool_key FROM work_tools AS t JOIN work_traces AS there USING (trace)
    ) AS t ON t.conversation = here.conversation AND t.tool_key = c.tool_key
    WHERE c.caller IS NOT NULL
)

SELECT c.trace, c.span, c.caller, c.call_name, c.call_id, c.call_arguments, c.t0, c.t1, c.tool_key, c.is_generic_transfer, c.named_target,
       argument_target(c.call_arguments) AS argument_target,
       coalesce(contains(c.definitions, '"' || c.call_name || '"'), FALSE) AS is_declared,
       s.call IS NOT NULL AS has_tool_span
FROM calls AS c
LEFT JOIN shown AS s USING (call)
