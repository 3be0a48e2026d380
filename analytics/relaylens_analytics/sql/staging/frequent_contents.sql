-- Arguments and results, by their hash, that many tool calls have in common.
-- needs: detector loop | detector cycle
-- needs: work_tools
SELECT hash(bare_arguments(arguments), bare_answer(result)) AS content
FROM work_tools
WHERE arguments IS NOT NULL AND result IS NOT NULL
GROUP BY content
HAVING count(*) >= getvariable('loop_least_times')
