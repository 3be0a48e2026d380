-- Which other spans does a span point to?
-- $trace_id, $span_id; $limit: at most so many.
WITH links AS (
    SELECT generate_subscripts(links, 1) AS place, unnest(links) AS link
    FROM spans
    WHERE trace_id = $trace_id AND span_id = $span_id
)
SELECT
    links.place, links.link.trace_id AS trace_id, links.link.span_id AS span_id, links.link.trace_state AS trace_state, links.link.flags AS flags,
    to_json(links.link.attributes)::VARCHAR AS attributes,
    facts.span_id IS NOT NULL AS stored, facts.conversation, facts.run, facts.agent
FROM links
LEFT JOIN span_facts AS facts ON facts.trace_id = links.link.trace_id AND facts.span_id = links.link.span_id
ORDER BY links.place
LIMIT $limit
