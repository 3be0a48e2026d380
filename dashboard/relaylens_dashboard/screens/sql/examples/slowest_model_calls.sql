-- Slowest model calls
SELECT agent, model, duration_ms, input_tokens, run
FROM span_facts
WHERE is_leaf_llm
ORDER BY duration_ms DESC NULLS LAST
LIMIT 50
