-- Tokens that AutoGen's messages report, once per message, for networks without model spans.
-- needs: work_bus_receipts
SELECT r.run, agent_key(any_value(b.source)) AS agent, b.message_id, min(b.t0) AS t0,
       max(b.input_tokens) AS input_tokens, max(b.output_tokens) AS output_tokens
FROM work_bus_receipts AS b
JOIN work_runs AS r USING (trace)
WHERE b.input_tokens IS NOT NULL AND NOT EXISTS (SELECT 1 FROM model_calls AS m WHERE m.run = r.run)
GROUP BY r.run, b.message_id
