-- Which conversation each affected trace belongs to.
CREATE OR REPLACE TEMP TABLE new_conversation_traces AS
SELECT c.trace_id, c.conversation, c.rule, a.first_batch
FROM work_components AS c
JOIN affected_traces AS a USING (trace_id);
