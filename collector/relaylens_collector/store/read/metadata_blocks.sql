-- Which blocks hold the database's own bookkeeping?
SELECT block_id FROM pragma_metadata_info();
