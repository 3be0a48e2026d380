-- Calls that were to change something, failed, and were not made good by another call of the same tool.
-- needs: detector false_success
-- needs: unrecovered_calls
SELECT * FROM unrecovered_calls WHERE is_write
