-- Is a request stored?
-- $request_hash: its SHA-256.
SELECT 1 FROM batches WHERE request_hash = $request_hash LIMIT 1;
