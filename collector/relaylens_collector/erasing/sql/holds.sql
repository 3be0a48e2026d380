-- Which holds are in force?
SELECT a.hold, a.kind, a.subject, a.said_by, a.reason, a.done_at
FROM operations AS a
WHERE a.operation = 'hold'
  AND NOT EXISTS (FROM operations AS r WHERE r.operation = 'release' AND r.hold = a.hold AND r.batch > a.batch)
ORDER BY a.batch;
