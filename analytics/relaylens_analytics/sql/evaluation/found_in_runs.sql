-- Which detectors found something in which runs, whom do they blame, and is it held back as a hint?
SELECT run, detector, list(DISTINCT blamed_agent) FILTER (WHERE blamed_agent IS NOT NULL) AS blamed_agents, bool_and(is_hint) AS is_hint
FROM (
    SELECT run, detector, blamed_agent, FALSE AS is_hint FROM findings
    UNION ALL
    SELECT run, detector, blamed_agent, TRUE AS is_hint FROM hints
)
WHERE run IS NOT NULL
GROUP BY run, detector
ORDER BY run, detector
