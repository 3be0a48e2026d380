-- Which batches are stored, as runs without a gap?
SELECT min(batch) AS first, max(batch) AS last
FROM (SELECT batch, batch - row_number() OVER (ORDER BY batch) AS run FROM batches)
GROUP BY run
ORDER BY first;
