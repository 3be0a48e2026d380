-- Which requests are stored?
SELECT request_hash FROM batches;
