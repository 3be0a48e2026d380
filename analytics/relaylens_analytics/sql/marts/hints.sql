-- Every finding of the detectors that are held back.
-- needs: held_back
SELECT * EXCLUDE (is_held_back) FROM raised_findings WHERE is_held_back
