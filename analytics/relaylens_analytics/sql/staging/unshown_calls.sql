-- Tool calls that models asked for and no tool span shows.
-- needs: work_calls
SELECT * FROM work_calls WHERE NOT has_tool_span
