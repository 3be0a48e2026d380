-- Every finding of the detectors, once, with the conversation it belongs to.
CREATE OR REPLACE TEMP TABLE new_findings AS
SELECT f.detector || ':' || f.trace_id || ':' || coalesce(f.span_id, '') AS finding, f.detector, f.severity, c.conversation, f.run,
       k.trace_id || ':' || k.step_span AS step, f.trace_id, f.span_id, f.span_ids, f.agent, f.blamed_agent, f.certainty,
       ltrim(left(f.message, 500), chr(1)) AS message, ltrim(f.evidence, chr(1)) AS evidence, make_timestamp(f.found_at // 1000) AS found_at
FROM found AS f
JOIN work_components AS c USING (trace_id)
LEFT JOIN work_facts AS k ON k.trace_id = f.trace_id AND k.span_id = f.span_id
QUALIFY row_number() OVER (PARTITION BY f.detector, f.trace_id, f.span_id ORDER BY f.found_at, f.message) = 1;
