-- Agents that have gone quiet by the end of a run at work; filled by `relaylens_analytics.rhythm`.
-- needs: nothing
SELECT NULL::VARCHAR AS run, NULL::VARCHAR AS agent, NULL::BIGINT AS silent, NULL::BIGINT AS took_part, NULL::BIGINT AS of_runs, NULL::VARCHAR AS last_turn
WHERE FALSE
