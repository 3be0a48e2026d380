-- The findings of a test, in the order of their evidence.
SELECT detector, agent, message, severity
FROM findings
ORDER BY found_at, detector, finding;
