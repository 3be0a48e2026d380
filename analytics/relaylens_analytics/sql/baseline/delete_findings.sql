-- Lets go of the baseline's findings of these runs.
DELETE FROM findings WHERE detector = 'unusual_run' AND run IN (SELECT run FROM verdicts)
