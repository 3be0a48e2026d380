-- Every finding of the detectors, shown or held back, once, with the conversation it belongs to.
-- needs: found | held_back
SELECT f.detector || ':' || f.trace_id || ':' || coalesce(f.span_id, '') AS finding, f.detector, f.severity, c.conversation, f.run,
       f.trace_id || ':' || s.span_id AS step, f.trace_id, f.span_id, f.span_ids, f.agent, f.blamed_agent,
       coalesce(f.blamed_step, CASE WHEN f.blamed_agent = f.agent THEN f.trace_id || ':' || s.span_id END) AS blamed_step, f.certainty, f.score,
       ltrim(left(f.message, 500), chr(1)) AS message, ltrim(f.evidence, chr(1)) AS evidence, make_timestamp(f.found_at // 1000) AS found_at,
       f.is_held_back
FROM (SELECT *, FALSE AS is_held_back FROM found UNION ALL BY NAME SELECT *, TRUE AS is_held_back FROM held_back) AS f
JOIN work_traces AS c USING (trace_id)
LEFT JOIN work_rows AS r ON r.trace = c.trace AND r.span_id = f.span_id
LEFT JOIN work_facts AS k ON k.span = r.span
LEFT JOIN work_rows AS s ON s.span = k.step
QUALIFY row_number() OVER (PARTITION BY f.detector, f.trace_id, f.span_id ORDER BY f.found_at, f.message) = 1
