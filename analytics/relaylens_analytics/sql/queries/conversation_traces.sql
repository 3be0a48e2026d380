-- Which traces make a conversation, and why do they belong together?
-- $conversation; $limit: at most so many.
SELECT conversation_traces.trace_id, conversation_traces.rule, min(span_facts.started_at) AS started_at, max(span_facts.ended_at) AS ended_at,
    count(span_facts.span_id) AS spans, list(DISTINCT span_facts.run ORDER BY span_facts.run) FILTER (WHERE span_facts.run IS NOT NULL) AS runs
FROM conversation_traces
LEFT JOIN span_facts USING (trace_id)
WHERE conversation_traces.conversation = $conversation
GROUP BY ALL
ORDER BY started_at NULLS LAST, conversation_traces.trace_id
LIMIT $limit
