-- What occurs among the spans at work, of all that a rule may need: attribute keys (of a numbered key the part before the number),
-- operations, kinds and a few more.
WITH occurring AS (
    SELECT DISTINCT unnest(map_keys(s.attributes) || [
        'operation ' || s.operation,
        'kind ' || upper(s.instrumentation_kind),
        CASE WHEN s.transfer_target IS NOT NULL THEN 'transfer target' END,
        CASE WHEN coalesce(s.node_name, s.checkpoint_ns, s.metadata) IS NOT NULL THEN 'graph' END,
        CASE WHEN starts_with(s.name, 'autogen ') OR s.name[1] = chr(1) THEN 'autogen' END,
        CASE WHEN coalesce(s.error_type, s.status_message) IS NOT NULL THEN 'errors' END,
        CASE WHEN len(s.events) > 0 THEN 'events' END
    ]) AS feature
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    WHERE s.batch >= getvariable('first_batch')
)

SELECT DISTINCT regexp_replace(feature, '\.\d+\..*$', '.') AS feature
FROM occurring
SEMI JOIN needed_features ON needed_features.feature = regexp_replace(occurring.feature, '\.\d+\..*$', '.')
UNION ALL
SELECT 'logs' WHERE EXISTS (SELECT 1 FROM logs)
UNION ALL
SELECT 'labels' WHERE EXISTS (SELECT 1 FROM labels)
