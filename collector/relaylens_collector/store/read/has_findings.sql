-- Has settling made the table of findings?
SELECT count(*) > 0 FROM duckdb_tables() WHERE table_name = 'findings' AND NOT internal;
