-- The spans of agents, before their names are known.
CREATE OR REPLACE TEMP TABLE agent_spans AS
SELECT w.*
FROM work_spans AS w
JOIN work_classes AS k USING (trace_id, span_id)
WHERE k.span_class = 'agent';
