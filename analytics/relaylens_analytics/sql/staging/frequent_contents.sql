-- Arguments and results, by their hash, that three tool calls or more have in common.
-- needs: work_tools
SELECT hash(arguments, result) AS content
FROM work_tools
WHERE arguments IS NOT NULL AND result IS NOT NULL
GROUP BY content
HAVING count(*) >= 3
