-- Stores the rejected records of some batches.
INSERT INTO dead_letters BY NAME SELECT * FROM mapped_dead_letters;
