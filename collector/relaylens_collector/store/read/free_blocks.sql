-- How many blocks the file has, how many of them are free, and their size.
SELECT total_blocks, free_blocks, block_size FROM pragma_database_size()
