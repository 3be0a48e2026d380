-- Which conversation each affected trace belongs to.
SELECT trace_id, conversation, rule, first_batch FROM work_traces
