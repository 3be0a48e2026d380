-- Stores operations.
INSERT INTO operations BY NAME SELECT * FROM mapped_operations;
