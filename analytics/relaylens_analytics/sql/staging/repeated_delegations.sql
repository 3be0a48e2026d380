-- Handoffs that an agent made three times or more to the same agent with the same request and got control back from, by the first of them.
-- needs: detector loop | detector repeated_message
-- needs: new_handoffs
SELECT run, from_agent, to_agent, arg_min(trace_id, offered_at) AS trace_id, arg_min(span_id, offered_at) AS span_id,
       list(trace_id || ':' || span_id ORDER BY offered_at) AS span_ids, count(*) AS times, any_value(sent) AS sent, min(offered_at) AS offered_at
FROM new_handoffs
WHERE NOT is_return AND reason IS DISTINCT FROM 'looped' AND sent IS NOT NULL AND mode = 'return_to_caller'
GROUP BY run, from_agent, to_agent, sent
HAVING count(*) >= 3
