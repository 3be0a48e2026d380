-- Handoffs that the target hands straight back to the sender without a tool's help.
-- needs: handoff_attempts
WITH pairs AS (
    SELECT j.span, j.run, j.to_step, b.span AS back_span, b.from_agent AS back_from, b.to_step AS back_to_step,
           j.is_stated AND b.is_stated AND NOT b.is_return AS is_stated,
           j.handoff_id IS NOT NULL AND b.handoff_id IS NOT NULL AND NOT j.is_return AND NOT b.is_return AS has_ids
    FROM handoff_edges AS j
    JOIN handoff_edges AS b ON b.run = j.run AND b.from_step = j.to_step AND b.to_agent = j.from_agent
),

-- work that goes to an agent, back, and to the same agent again, all of it stated: it was sent back to be done better, a validation
sent_back AS (
    SELECT unnest([p.span, p.back_span]) AS span
    FROM pairs AS p
    JOIN handoff_edges AS c ON c.run = p.run AND c.from_step = p.back_to_step AND c.to_agent = p.back_from
    WHERE p.has_ids AND c.handoff_id IS NOT NULL AND NOT c.is_return
)

SELECT DISTINCT p.span
FROM pairs AS p
WHERE p.is_stated AND p.span NOT IN (SELECT span FROM sent_back)
  AND p.to_step NOT IN (
      SELECT step FROM work_facts
      WHERE step IS NOT NULL AND span_class = 'tool'
        AND span NOT IN (SELECT span FROM handoff_edges) AND span NOT IN (SELECT span FROM handoff_candidates)
  )
