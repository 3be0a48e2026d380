-- Of these the ones that stand neither in what was told before nor, in another spelling, in a result of the run.
-- needs: said_values
WITH results AS (
    SELECT run, t1, replace(left(result, 20000), ',', '') AS text FROM called_tools WHERE run IN (SELECT run FROM said_values)
),

open_values AS (
    SELECT v.span, v.run, v.t0, v.is_answer, v.value, replace(v.value, ',', '') AS plain
    FROM said_values AS v
    -- without any prompt nobody can tell what was told
    WHERE v.run IN (SELECT run FROM told_chunks)
)

SELECT v.span, v.run, v.is_answer, list_sort(list(v.value)) AS values
FROM open_values AS v
WHERE NOT EXISTS (SELECT 1 FROM told_chunks AS c WHERE c.run = v.run AND c.t0 <= v.t0 AND (contains(c.text, v.value) OR contains(c.text, v.plain)))
  AND NOT EXISTS (SELECT 1 FROM results AS r WHERE r.run = v.run AND r.t1 <= v.t0 AND contains(r.text, v.plain))
GROUP BY v.span, v.run, v.is_answer
