-- Runs by outcome
SELECT outcome, outcome_evidence, count(*) AS runs
FROM runs
GROUP BY ALL
ORDER BY runs DESC
