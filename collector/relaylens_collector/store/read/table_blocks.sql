-- In which blocks are the rows of a table?
-- $table: its name.
SELECT DISTINCT unnest(list_append(coalesce(additional_block_ids, []), block_id)) AS block_id
FROM pragma_storage_info($table)
WHERE persistent;
