-- A function that the program has named and that asks a model itself, in frameworks that know no agents.
-- needs: kind FLOW
WITH RECURSIVE above AS (
    SELECT w.span, w.parent, 1 AS depth
    FROM work_spans AS w
    WHERE w.kind_word = 'LLM'
    UNION ALL
    SELECT p.span, p.parent, a.depth + 1
    FROM above AS a
    JOIN work_spans AS c ON c.span = a.span
    JOIN work_spans AS p ON p.span = a.parent
    WHERE c.kind_word IS DISTINCT FROM 'FLOW' AND a.depth < 50
)

SELECT DISTINCT w.span, 'agent' AS span_class
FROM above AS a
JOIN work_spans AS w USING (span)
WHERE w.kind_word = 'FLOW' AND NOT w.is_detail
