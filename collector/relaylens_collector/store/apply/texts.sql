-- Stores the texts that were not stored yet.
INSERT INTO texts BY NAME SELECT * FROM mapped_texts;
