-- Tokens of model calls that an instrumentation lists in one attribute, by the provider's names for them or its own.
-- needs: langfuse.observation.usage_details
WITH lists AS (
    SELECT w.span, text_of(s.attributes['langfuse.observation.usage_details']) AS usage
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    WHERE s.batch >= getvariable('first_batch') AND s.attributes['langfuse.observation.usage_details'] IS NOT NULL
)

SELECT span,
       TRY_CAST(coalesce(json_text(usage, '$.input'), json_text(usage, '$.prompt_tokens'), json_text(usage, '$.input_tokens')) AS BIGINT) AS input_tokens,
       TRY_CAST(coalesce(json_text(usage, '$.output'), json_text(usage, '$.completion_tokens'), json_text(usage, '$.output_tokens')) AS BIGINT) AS output_tokens
FROM lists
