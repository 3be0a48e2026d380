-- Stores the mapped metrics of some batches.
INSERT INTO metric_points BY NAME
SELECT * EXCLUDE (resource_high, resource_low, scope_high, scope_low),
       (resource_high::UHUGEINT << 64) + resource_low AS resource, (scope_high::UHUGEINT << 64) + scope_low AS scope
FROM mapped_metrics;
