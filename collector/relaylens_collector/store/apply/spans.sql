-- Stores the mapped spans of some batches.
INSERT INTO spans BY NAME
SELECT * EXCLUDE (resource_high, resource_low, scope_high, scope_low) REPLACE (
    TRY_CAST(input_tokens AS BIGINT) AS input_tokens,
    TRY_CAST(output_tokens AS BIGINT) AS output_tokens,
    TRY_CAST(cached_tokens AS BIGINT) AS cached_tokens,
    TRY_CAST(cost_usd AS DOUBLE) AS cost_usd
), (resource_high::UHUGEINT << 64) + resource_low AS resource, (scope_high::UHUGEINT << 64) + scope_low AS scope
FROM mapped_spans;
