-- Stores the mapped spans of some batches.
INSERT INTO spans BY NAME
SELECT * REPLACE (
    TRY_CAST(input_tokens AS BIGINT) AS input_tokens,
    TRY_CAST(output_tokens AS BIGINT) AS output_tokens,
    TRY_CAST(cached_tokens AS BIGINT) AS cached_tokens,
    CASE WHEN isfinite(TRY_CAST(cost_usd AS DOUBLE)) THEN TRY_CAST(cost_usd AS DOUBLE) END AS cost_usd
)
FROM mapped_spans;
