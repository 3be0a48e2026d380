-- Which place does a step have in its run?
-- $run, $step.
SELECT position FROM steps WHERE run = $run AND step = $step LIMIT 1
