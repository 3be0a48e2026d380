-- Turns in which an agent that had its turn before got another and had nothing to add, as round robins and loops give them.
CREATE OR REPLACE TEMP TABLE idle_steps AS
WITH calls AS (
    SELECT f.trace_id, f.step_span AS span_id,
           count(*) FILTER (WHERE f.span_class <> 'llm') AS others,
           sum(w.output_tokens) FILTER (WHERE f.span_class = 'llm') AS output_tokens
    FROM work_facts AS f
    JOIN work_spans AS w USING (trace_id, span_id)
    WHERE f.span_class IN ('llm', 'tool', 'handoff', 'human', 'validation')
    GROUP BY f.trace_id, f.step_span
)

SELECT s.trace_id, s.span_id
FROM work_steps AS s
LEFT JOIN calls AS c USING (trace_id, span_id)
LEFT JOIN step_outputs AS o USING (trace_id, span_id)
WHERE coalesce(c.others, 0) = 0
  AND CASE WHEN coalesce(trim(o.text), '') <> ''
           THEN regexp_matches(trim(o.text), '(?i)^(i am |i''m |all |we are )?(done|finished|ok|okay|nothing (more )?to (do|add)|no (further )?(changes|comments))\W*$')
           ELSE c.output_tokens <= 4 END
  AND EXISTS (SELECT 1 FROM work_steps AS e WHERE e.run = s.run AND e.agent = s.agent AND e.t0 < s.t0);
