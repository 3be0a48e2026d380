-- The results of tools that are little more than a number, with their numbers.
-- needs: detector unused_result | detector ignored_calculation
-- needs: called_tools
SELECT span, run, step, agent, t0, t1, tool_key, result,
       list_transform(regexp_extract_all(result, '\d+(?:,\d{3})*(?:\.\d+)?'), lambda n: TRY_CAST(replace(n, ',', '') AS DOUBLE)) AS numbers,
       regexp_matches(tool_key, '(calc|comput|math|sum|evaluat|convert|total)') AS is_calculation
FROM called_tools
WHERE worked AND NOT is_write AND length(result) <= 60 AND regexp_matches(result, '\d')
