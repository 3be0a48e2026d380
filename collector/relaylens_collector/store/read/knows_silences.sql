-- Has settling made what tells silent deployments?
SELECT count(*) > 0 FROM duckdb_functions() WHERE function_name = 'silences';
