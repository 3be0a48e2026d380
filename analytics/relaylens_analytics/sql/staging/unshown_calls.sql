-- Tool calls that models asked for and no tool span shows; in a team of smolagents, whose members are called like tools, one with a task is for a member.
-- needs: work_calls
WITH managed AS (
    SELECT DISTINCT trace
    FROM work_spans
    WHERE occurs('smolagents.managed_agents.')
      AND len(list_filter(map_keys(attributes), lambda k: starts_with(k, 'smolagents.managed_agents.'))) > 0
)

SELECT c.* REPLACE (
    coalesce(c.named_target, CASE WHEN m.trace IS NOT NULL AND NOT c.is_declared AND regexp_matches(c.call_arguments, '^\s*\{\s*"task"\s*:') THEN c.tool_key END)
    AS named_target
)
FROM work_calls AS c
LEFT JOIN managed AS m USING (trace)
WHERE NOT c.has_tool_span
