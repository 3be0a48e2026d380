-- How many spans are stored?
SELECT count(*) FROM spans;
