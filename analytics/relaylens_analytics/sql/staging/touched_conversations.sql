-- The stored conversations whose rows are replaced: those of the same name as one at work, and those the traces at work belonged to.
SELECT DISTINCT conversation
FROM conversation_traces
WHERE conversation IN (SELECT conversation FROM work_traces) OR trace_id IN (SELECT trace_id FROM work_traces)
