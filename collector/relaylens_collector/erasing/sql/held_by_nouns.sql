-- The traces that holds name by what was settled: conversations and runs.
-- $conversations, $runs: their ids.
SELECT trace_id FROM conversation_traces WHERE conversation IN (SELECT unnest($conversations::VARCHAR[]))
UNION
SELECT trace_id FROM runs WHERE run IN (SELECT unnest($runs::VARCHAR[]))
UNION
SELECT trace_id FROM span_facts WHERE run IN (SELECT unnest($runs::VARCHAR[]));
