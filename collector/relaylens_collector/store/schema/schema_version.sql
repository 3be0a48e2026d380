-- Which schema the file was made with: one row. Another one means a rebuild from the journal.
CREATE TABLE IF NOT EXISTS schema_version (
    version INTEGER NOT NULL
);
