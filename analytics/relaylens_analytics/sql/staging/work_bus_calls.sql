-- Tool calls that requests on AutoGen's bus carry, each of which every subscriber receives.
-- needs: work_bus_receipts
SELECT arg_min(trace, (t0, span)) AS trace, arg_min(span, (t0, span)) AS span, agent_key(any_value(source)) AS caller,
       call ->> '$.name' AS call_name, call ->> '$.id' AS call_id, any_value(call ->> '$.arguments') AS call_arguments, min(t0) AS t0, min(t1) AS t1
FROM (
    SELECT *, unnest(from_json(content, '["JSON"]')) AS call
    FROM work_bus_receipts
    WHERE type = 'ToolCallRequestEvent' AND json_valid(content) AND json_type(content) = 'ARRAY'
)
WHERE (call ->> '$.name') IS NOT NULL
GROUP BY call ->> '$.name', call ->> '$.id', message_id
