-- Lets go of what was said of these runs before.
DELETE FROM suspicions WHERE run IN (SELECT run FROM verdicts)
