-- How many of the batches are stored?
-- $batches: their numbers.
SELECT count(*) FROM batches WHERE batch IN (SELECT unnest($batches));
