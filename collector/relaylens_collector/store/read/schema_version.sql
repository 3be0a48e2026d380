-- With which schema was the file made?
SELECT version FROM schema_version;
