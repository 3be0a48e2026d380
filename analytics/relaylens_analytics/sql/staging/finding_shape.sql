-- The columns of a finding as a detector gives it; those that a detector leaves out are empty.
-- needs: nothing
SELECT NULL::VARCHAR AS detector, NULL::VARCHAR AS severity,     -- high, medium or low; one that is held back at first never gives high
       NULL::VARCHAR AS run,
       NULL::VARCHAR AS trace_id, NULL::VARCHAR AS span_id,      -- where it shows
       NULL::VARCHAR[] AS span_ids,                              -- all its evidence, as trace_id:span_id
       NULL::VARCHAR AS agent, NULL::VARCHAR AS blamed_agent,
       NULL::VARCHAR AS blamed_step,                             -- as trace_id:span_id; left out, the step where it shows if that agent is to blame
       NULL::VARCHAR AS certainty,                               -- stated, rule or inferred
       NULL::DOUBLE AS score,                                    -- of a graded detector, its own scale
       NULL::VARCHAR AS message, NULL::VARCHAR AS evidence,
       NULL::BIGINT AS found_at                                  -- time of the evidence in nanoseconds
WHERE FALSE
