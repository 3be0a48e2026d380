-- Every finding of the detectors that show theirs.
-- needs: found
SELECT * EXCLUDE (is_held_back) FROM raised_findings WHERE NOT is_held_back
