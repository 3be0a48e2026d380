-- Which tables are there?
SELECT table_name FROM duckdb_tables() WHERE NOT temporary;
