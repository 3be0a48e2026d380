-- What did people last say of a run as a whole?
-- $run.
SELECT run, verdict, source, comment, said_at
FROM run_verdicts()
WHERE run = $run
