-- What was found in a run, where did it begin, and what do people say of it?
-- $run; $conversation: NULL where the run's id says enough; $limit: at most so many.
SELECT
    findings.finding, findings.detector, findings.severity, findings.conversation, findings.run, findings.step, findings.trace_id,
    findings.span_id, findings.span_ids, findings.agent, findings.blamed_agent, findings.blamed_step, findings.certainty, findings.score,
    findings.message, findings.evidence, findings.found_at, marks.mark, marks.source AS marked_by
FROM findings
LEFT JOIN finding_marks() AS marks USING (finding)
WHERE findings.run = $run AND ($conversation IS NULL OR findings.conversation = $conversation)
ORDER BY findings.found_at NULLS LAST, findings.finding
LIMIT $limit
