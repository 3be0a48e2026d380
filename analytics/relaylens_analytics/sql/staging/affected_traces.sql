-- The traces to derive anew, from the changed ones outwards; a changed trace keeps the batch it was first seen in.
CREATE OR REPLACE TEMP TABLE affected_traces AS
SELECT t.trace_id, least(t.first_batch, coalesce(c.first_batch, t.first_batch)) AS first_batch
FROM changed_traces AS t
LEFT JOIN conversation_traces AS c USING (trace_id);
