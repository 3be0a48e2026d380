-- Offers to a known agent without a step, where work of a turn whose own span was lost begins before the run's next step.
-- needs: handoff_attempts
WITH orphans AS (
    SELECT f.run, min(w.t0) AS t0, bool_or(e.span IS NOT NULL) AS failed
    FROM work_spans AS w
    JOIN work_facts AS f USING (span)
    LEFT JOIN (SELECT span FROM span_errors WHERE is_error) AS e USING (span)
    WHERE w.parent_span_id IS NOT NULL AND w.parent IS NULL
    GROUP BY f.run, w.trace, w.parent_span_id
)

SELECT j.span, min(o.t0) AS t0, bool_or(o.failed) AS failed
FROM handoff_edges AS j
JOIN orphans AS o ON o.run = j.run AND o.t0 >= j.t0
WHERE j.to_step IS NULL AND j.target_known AND j.handoff_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM work_steps AS s WHERE s.run = j.run AND s.t0 > j.t0 AND s.t0 < o.t0)
GROUP BY j.span
