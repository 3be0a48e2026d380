-- Notes the version of the schema in a new file.
INSERT INTO schema_version SELECT $version WHERE NOT EXISTS (FROM schema_version);
