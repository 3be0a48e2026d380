-- How many of these runs were judged before.
SELECT count(*) AS runs FROM suspicions WHERE run IN (SELECT run FROM verdicts)
