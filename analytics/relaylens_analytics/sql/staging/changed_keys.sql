-- The keys that the changed traces offer: their session, their framework's id, the traces they link to, and calls that ask a person.
WITH rows AS (
    SELECT s.trace_id, s.span_id, s.parent_span_id, s.session_id, s.name, s.links, s.start_time_unix_nano,
           s.service_name, s.tool_name, s.tool_call_id
    FROM spans AS s
    SEMI JOIN changed_traces USING (trace_id)
    WHERE s.batch <= getvariable('upto') AND s.batch >= getvariable('first_batch')
)

SELECT trace_id, 'session:' || arg_min(session_id, (parent_span_id IS NOT NULL, start_time_unix_nano, span_id)) AS key, 'session' AS rule
FROM rows
WHERE session_id IS NOT NULL
GROUP BY trace_id
UNION
SELECT trace_id, 'framework:' || regexp_extract(name, '_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})', 1), 'framework'
FROM rows
WHERE starts_with(name, 'autogen ') AND regexp_matches(name, '_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
UNION
SELECT trace_id, 'trace:' || link.trace_id, 'link'
FROM (SELECT trace_id, unnest(links) AS link FROM rows WHERE len(links) > 0)
WHERE link.trace_id <> trace_id
UNION
-- a run that goes on with a person's answer tells the call that asked again; identifiers that merely count, or name the tool, are those of others, too
SELECT trace_id, concat('call:', service_name, ' ', tool_name, ' ', tool_call_id), 'call'
FROM rows
WHERE tool_call_id IS NOT NULL AND regexp_matches(tool_call_id, '[0-9A-Za-z]{8}') AND regexp_matches(tool_call_id, '[0-9]') AND NOT contains(tool_call_id, tool_name)
  AND asks_person(tool_key(tool_name))
