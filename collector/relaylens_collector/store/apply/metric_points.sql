-- Stores the mapped metrics of some batches.
INSERT INTO metric_points BY NAME SELECT * FROM mapped_metric_points;
