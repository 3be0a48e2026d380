-- Turns in which an agent that had its turn before got another and had nothing to add, as round robins and loops give them.
-- needs: repeated_turns
WITH calls AS (
    SELECT f.step,
           count(*) FILTER (WHERE f.span_class <> 'llm') AS others,
           sum(w.output_tokens) FILTER (WHERE f.span_class = 'llm') AS output_tokens
    FROM work_facts AS f
    SEMI JOIN repeated_turns USING (step)
    JOIN work_spans AS w USING (span)
    WHERE f.span_class IN ('llm', 'tool', 'handoff', 'human', 'validation')
    GROUP BY f.step
)

SELECT s.step
FROM repeated_turns AS s
LEFT JOIN calls AS c USING (step)
LEFT JOIN step_outputs AS o USING (step)
WHERE coalesce(c.others, 0) = 0
  AND CASE WHEN coalesce(trim(o.text), '') <> ''
           THEN regexp_matches(trim(o.text), '(?i)^(i am |i''m |all |we are )?(done|finished|ok|okay|nothing (more )?to (do|add)|no (further )?(changes|comments))\W*$')
           ELSE c.output_tokens <= 4 END
