-- Lets go of the baseline's findings of these runs that are held back, where a store holds it back.
DELETE FROM hints WHERE detector = 'unusual_run' AND run IN (SELECT run FROM verdicts)
