-- Stores the mapped log records of some batches.
INSERT INTO logs BY NAME SELECT * FROM mapped_logs;
