-- Every affected trace starts as a component of its own; `tight` leaves sessions aside and so tells one run from another.
SELECT trace_id, trace_id AS label, trace_id AS tight_label FROM affected_traces
