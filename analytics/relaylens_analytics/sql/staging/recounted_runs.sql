-- Counts the findings of the runs anew of which some were moved.
UPDATE runs SET findings = (
    SELECT count(*)::INTEGER FROM findings AS f WHERE f.conversation = runs.conversation AND f.run = runs.run
)
WHERE (conversation, run) IN (SELECT (conversation, run) FROM moved_findings)
