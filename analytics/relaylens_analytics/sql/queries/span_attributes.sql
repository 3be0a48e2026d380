-- What are the attributes of one span, of its resource and of its scope, as text?
-- $trace_id, $span_id. `of`: span, resource or scope; `type`: one letter, as in the table spans.
WITH one AS (
    SELECT attributes, attribute_types, resource, scope
    FROM spans
    WHERE trace_id = $trace_id AND span_id = $span_id
    ORDER BY batch, ordinal
    LIMIT 1
),
sources AS (
    SELECT 'span' AS of, attributes, attribute_types FROM one
    UNION ALL
    SELECT 'resource', resources.attributes, resources.attribute_types FROM resources WHERE resource IN (SELECT resource FROM one)
    UNION ALL
    SELECT 'scope', scopes.attributes, scopes.attribute_types FROM scopes WHERE scope IN (SELECT scope FROM one)
),
pairs AS (
    SELECT
        of,
        unnest(map_keys(attributes)) AS key,
        unnest(map_values(attributes)) AS cell,
        unnest(string_split(attribute_types, '')) AS type
    FROM sources
)
SELECT of, key, type, text_of(cell) AS value
FROM pairs
WHERE key IS NOT NULL
ORDER BY CASE of WHEN 'span' THEN 1 WHEN 'resource' THEN 2 ELSE 3 END, key
