-- The numbers that tool calls were given and models said, in runs with short numeric results, each with when it was last used.
-- needs: short_results
WITH texts AS (
    SELECT c.run, c.t0, left(c.arguments, 4000) AS text FROM called_tools AS c WHERE c.run IN (SELECT run FROM short_results)
    UNION ALL
    SELECT r.run, r.t1, left(concat(r.text, ' '), 4000) FROM reply_texts AS r WHERE r.run IN (SELECT run FROM short_results)
    UNION ALL
    SELECT c.trace_run, c.t1, left(c.call_arguments, 4000)
    FROM (SELECT w.run AS trace_run, k.t1, k.call_arguments FROM work_calls AS k JOIN work_facts AS w USING (span)) AS c
    WHERE c.trace_run IN (SELECT run FROM short_results)
)

SELECT run, number, max(t0) AS last_used
FROM (
    SELECT run, t0, TRY_CAST(replace(unnest(regexp_extract_all(text, '\d+(?:,\d{3})*(?:\.\d+)?')), ',', '') AS DOUBLE) AS number
    FROM texts
)
WHERE number IS NOT NULL
GROUP BY run, number
