-- Notes a request that cannot be applied, once.
-- $batch, $signal, $received_at, $reason, $body_bytes: of the request.
INSERT INTO dead_letters (batch, signal, received_at, reason, body_bytes)
SELECT $batch, $signal, $received_at, $reason, $body_bytes
WHERE NOT EXISTS (FROM dead_letters WHERE batch = $batch AND ordinal IS NULL);
