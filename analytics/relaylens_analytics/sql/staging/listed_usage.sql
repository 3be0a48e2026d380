-- Tokens of model calls that an instrumentation lists in one attribute, by the provider's names for them or its own.
-- needs: langfuse.observation.usage_details | mlflow.chat.tokenUsage | haystack.agent.step.llm.output | haystack.component.output | genkit:output
WITH lists AS (
    SELECT w.span, text_of(coalesce(s.attributes['langfuse.observation.usage_details'], s.attributes['mlflow.chat.tokenUsage'])) AS usage
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    WHERE s.batch >= getvariable('first_batch')
      AND coalesce(s.attributes['langfuse.observation.usage_details'], s.attributes['mlflow.chat.tokenUsage']) IS NOT NULL
    UNION ALL
    -- the answers of Haystack and Genkit hold what they cost
    SELECT w.span, coalesce(json_extract(document, '$.replies[0].meta.usage'), json_extract(document, '$.usage'))
    FROM (
        SELECT rowid, text_of(coalesce(attributes['haystack.agent.step.llm.output'], attributes['haystack.component.output'], attributes['genkit:output'])) AS document
        FROM spans
        WHERE batch >= getvariable('first_batch')
          AND coalesce(attributes['haystack.agent.step.llm.output'], attributes['haystack.component.output'], attributes['genkit:output']) IS NOT NULL
    ) AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    WHERE json_valid(document)
)

SELECT span,
       TRY_CAST(coalesce(json_text(usage, '$.input'), json_text(usage, '$.prompt_tokens'), json_text(usage, '$.input_tokens'), json_text(usage, '$.inputTokens')) AS BIGINT) AS input_tokens,
       TRY_CAST(coalesce(json_text(usage, '$.output'), json_text(usage, '$.completion_tokens'), json_text(usage, '$.output_tokens'), json_text(usage, '$.outputTokens')) AS BIGINT) AS output_tokens
FROM lists
