-- Stores which batches were applied.
INSERT INTO batches BY NAME SELECT * FROM mapped_batches;
