-- Which spans make a run, each below its parent?
-- $run; $conversation: NULL where the run's id says enough; $limit and $offset: the page. `total` counts all.
-- A span whose parent is not of the run stands at the top; `dangling` says that its parent is not in the store at all.
WITH RECURSIVE mine AS (
    SELECT
        facts.trace_id, facts.span_id, facts.batch, facts.ordinal, facts.span_class, facts.agent, facts.tool_name, facts.model, facts.is_error,
        facts.is_soft_error, facts.is_control_flow, facts.error_type, facts.started_at, facts.duration_ms, facts.parent_held, spans.parent_span_id
    FROM span_facts AS facts
    LEFT JOIN spans USING (batch, ordinal)
    WHERE facts.run = $run AND ($conversation IS NULL OR facts.conversation = $conversation)
),
numbered AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY started_at NULLS LAST, trace_id, span_id) AS number
    FROM mine
),
tree AS (
    SELECT one.trace_id, one.span_id, 0 AS depth, [one.number] AS way
    FROM numbered AS one
    ANTI JOIN numbered AS parent ON parent.trace_id = one.trace_id AND parent.span_id = one.parent_span_id
    UNION ALL
    SELECT child.trace_id, child.span_id, tree.depth + 1, list_append(tree.way, child.number)
    FROM tree
    JOIN numbered AS child ON child.trace_id = tree.trace_id AND child.parent_span_id = tree.span_id
    WHERE tree.depth < 200
),
page AS (
    SELECT trace_id, span_id, depth, way, count(*) OVER () AS total
    FROM tree
    ORDER BY way
    LIMIT $limit OFFSET $offset
),
shown AS (
    SELECT numbered.batch, numbered.ordinal FROM page JOIN numbered USING (trace_id, span_id)
),
named AS (
    SELECT batch, ordinal, name FROM spans SEMI JOIN shown USING (batch, ordinal)
)
SELECT
    numbered.trace_id, numbered.span_id, numbered.parent_span_id, page.depth, left(text_of(named.name), 300) AS name,
    numbered.span_class, numbered.agent, numbered.tool_name, numbered.model, numbered.is_error, numbered.is_soft_error, numbered.is_control_flow,
    numbered.error_type, numbered.started_at, numbered.duration_ms,
    coalesce(NOT numbered.parent_held, FALSE) AS dangling,
    page.total
FROM page
JOIN numbered USING (trace_id, span_id)
LEFT JOIN named USING (batch, ordinal)
ORDER BY page.way
