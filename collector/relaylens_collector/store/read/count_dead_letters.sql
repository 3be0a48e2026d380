-- How many records were rejected within their request?
SELECT count(*) FROM dead_letters WHERE ordinal IS NOT NULL;
