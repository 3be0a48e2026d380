-- The findings of these runs without those of the baseline.
UPDATE runs SET findings = findings - 1
WHERE run IN (SELECT f.run FROM findings AS f WHERE f.detector = 'unusual_run' AND f.run IN (SELECT run FROM verdicts))
