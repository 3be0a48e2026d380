-- Runs that a baseline flags, with the acts that show it; filled once the nouns are stored, from `verdicts` of `baseline/verdicts.py`.
SELECT CAST(NULL AS VARCHAR) AS run, CAST(NULL AS VARCHAR) AS conversation, CAST(NULL AS VARCHAR) AS trace_id, CAST(NULL AS VARCHAR) AS span_id,
       CAST(NULL AS VARCHAR[]) AS span_ids, CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS step, CAST(NULL AS DOUBLE) AS p_value,
       CAST(NULL AS VARCHAR) AS message, CAST(NULL AS VARCHAR) AS evidence, CAST(NULL AS BIGINT) AS found_at
WHERE FALSE
