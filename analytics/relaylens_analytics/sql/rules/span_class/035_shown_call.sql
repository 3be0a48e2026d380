-- A part of a call of a tool that is shown already: what a client or a server of the Model Context Protocol writes of it below.
-- needs: mcp.method.name | mcp.request.id
WITH RECURSIVE parts AS (
    SELECT w.span, w.tool_name AS called, w.reports_error AS fails, w.parent
    FROM work_spans AS w
    WHERE w.attributes['mcp.method.name'] = 'tools/call' AND w.tool_name IS NOT NULL
    UNION ALL
    -- OpenLLMetry names no method on the call, and numbers the request that is sent below it
    SELECT w.span, regexp_replace(w.name_text, '\.tool$', ''), w.reports_error, w.parent
    FROM work_spans AS w
    WHERE w.kind_word = 'TOOL' AND w.operation IS NULL AND w.tool_name IS NULL
      AND EXISTS (SELECT 1 FROM work_spans AS c WHERE c.parent = w.span AND c.attributes['mcp.request.id'] IS NOT NULL)
),

-- up to the next call of a tool that is no such part; an agent or a model between them calls by itself
above AS (
    SELECT span, called, fails, parent, 1 AS depth FROM parts
    UNION ALL
    SELECT a.span, a.called, a.fails, p.parent, a.depth + 1
    FROM above AS a
    JOIN work_spans AS p ON p.span = a.parent
    WHERE ((p.tool_name IS NULL AND coalesce(p.operation, p.kind_word, 'CHAIN') = 'CHAIN') OR p.span IN (SELECT span FROM parts)) AND a.depth < 50
),

calls AS (
    SELECT a.span, a.called, a.fails, p.reports_error,
           coalesce(p.tool_name, CASE WHEN p.kind_word = 'TOOL' THEN regexp_replace(p.name_text, '\.tool$', '') END) AS name
    FROM above AS a
    JOIN work_spans AS p ON p.span = a.parent
)

-- a client may put the server's name before the tool's; where this part alone tells of an error, both are calls
SELECT DISTINCT span, 'chain' AS span_class
FROM calls
WHERE (name = called OR (ends_with(name, called) AND regexp_matches(left(name, length(name) - length(called)), '[^a-zA-Z0-9]$')))
  AND (reports_error OR NOT fails)
