-- Stores the texts that were not stored yet.
INSERT INTO texts BY NAME
SELECT text_id, (hash_high::UHUGEINT << 64) + hash_low AS text_hash, text
FROM mapped_texts;
