-- Forgets that a request could not be applied: it is stored now.
-- $batches: of the requests.
DELETE FROM dead_letters WHERE ordinal IS NULL AND batch IN (SELECT unnest($batches));
