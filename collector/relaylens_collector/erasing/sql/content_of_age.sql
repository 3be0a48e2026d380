-- Which batches came before a moment, have their texts yet, and hold nothing that is held?
-- $before.
SELECT batch, rows_stored
FROM batches
WHERE signal IN ('traces', 'logs') AND received_at < $before AND rows_stored > 0 AND NOT content_erased
  AND batch NOT IN (SELECT batch FROM held_rows)
ORDER BY batch;
