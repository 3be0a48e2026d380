-- What occurs among the spans at work, of all that a rule may need: attribute keys (of a numbered key the part before the number),
-- operations, kinds and a few more.
WITH kinds AS (
    -- spans of one kind have the same attributes: their keys are taken apart once
    SELECT DISTINCT map_keys(s.attributes) AS keys, s.operation, s.instrumentation_kind, s.transfer_target IS NOT NULL AS has_target,
           coalesce(s.node_name, s.checkpoint_ns, s.metadata) IS NOT NULL AS in_graph,
           starts_with(s.name, 'autogen ') OR starts_with(s.name, chr(1)) AS on_bus,
           coalesce(s.error_type, s.status_message) IS NOT NULL AS has_error, len(s.events) > 0 AS has_events
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    WHERE s.batch >= getvariable('first_batch')
),

occurring AS (
    SELECT DISTINCT unnest(keys || [
        'operation ' || operation,
        'kind ' || kind_word(instrumentation_kind),
        CASE WHEN has_target THEN 'transfer target' END,
        CASE WHEN in_graph THEN 'graph' END,
        CASE WHEN on_bus THEN 'autogen' END,
        CASE WHEN has_error THEN 'errors' END,
        CASE WHEN has_events THEN 'events' END
    ]) AS feature
    FROM kinds
)

SELECT DISTINCT regexp_replace(feature, '\.\d+\..*$', '.') AS feature
FROM occurring
SEMI JOIN needed_features ON needed_features.feature = regexp_replace(occurring.feature, '\.\d+\..*$', '.')
UNION ALL
SELECT 'logs' WHERE EXISTS (SELECT 1 FROM logs)
UNION ALL
SELECT 'labels' WHERE EXISTS (SELECT 1 FROM labels)
