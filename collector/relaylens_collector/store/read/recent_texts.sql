-- Which texts were stored last?
-- $first: the number from which on they count as recent.
SELECT text_id, replace(text_hash::VARCHAR, '-', '') AS text_hash
FROM texts
WHERE text_id >= $first;
