-- Which detectors found something in which runs, and whom do they blame?
SELECT run, detector, list(DISTINCT blamed_agent) FILTER (WHERE blamed_agent IS NOT NULL) AS blamed_agents
FROM findings
WHERE run IS NOT NULL
GROUP BY run, detector
ORDER BY run, detector
