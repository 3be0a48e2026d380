-- Messages on AutoGen's bus, one row per receipt.
-- needs: autogen
WITH documents AS (
    SELECT w.span, w.trace, w.t0, w.t1,
           from_json(in_full(w.input, x.text), '{"message": "JSON", "response": {"chat_message": "JSON"}, "messages": ["JSON"]}') AS document
    FROM work_spans AS w
    LEFT JOIN work_texts AS x ON x.cell = w.input
    WHERE starts_with(w.name_text, 'autogen ') AND json_valid(in_full(w.input, x.text))
),

messages AS (
    SELECT span, trace, t0, t1,
           unnest(list_filter([document.message, document.response.chat_message] || coalesce(document.messages, []), lambda m: m IS NOT NULL)) AS message
    FROM documents
)

SELECT m.span, m.trace, m.t0, m.t1,
       m.message ->> '$.id' AS message_id, m.message ->> '$.type' AS type,
       m.message ->> '$.source' AS source, m.message ->> '$.target' AS target,
       m.message ->> '$.content' AS content,
       TRY_CAST(m.message ->> '$.models_usage.prompt_tokens' AS BIGINT) AS input_tokens,
       TRY_CAST(m.message ->> '$.models_usage.completion_tokens' AS BIGINT) AS output_tokens
FROM messages AS m
WHERE (m.message ->> '$.type') IS NOT NULL
