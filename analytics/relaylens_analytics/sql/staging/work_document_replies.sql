-- What models answered, from a JSON document that is no list of messages with parts: a provider's own answer, or a chat message of OpenAI's,
-- Anthropic's, Gemini's, LangChain's, Haystack's, Genkit's or the AI SDK's, which some write where messages with parts are asked for.
-- needs: gen_ai.output.messages | output.value | traceloop.entity.output | ai.response.toolCalls | langfuse.observation.output | mlflow.spanOutputs | haystack.agent.step.llm.output | haystack.component.output | genkit:output | gen_ai.completion | output
WITH documents AS (
    SELECT w.span, in_full(w.output, x.text) AS document
    FROM work_spans AS w
    SEMI JOIN (SELECT span FROM work_classes WHERE span_class = 'llm') AS k ON k.span = w.span
    LEFT JOIN work_texts AS x ON x.cell = w.output
    ANTI JOIN work_flat_replies AS f ON f.span = w.span
    WHERE regexp_matches(document, '^\s*[\[{]') AND NOT (w.has_output_messages AND regexp_matches(document, '"parts"\s*:')) AND json_valid(document)
    UNION ALL
    SELECT w.span, full_text(w.attributes['ai.response.toolCalls'])
    FROM work_spans AS w
    SEMI JOIN (SELECT span FROM work_classes WHERE span_class = 'llm') AS k ON k.span = w.span
    WHERE w.attributes['ai.response.toolCalls'] IS NOT NULL AND json_valid(full_text(w.attributes['ai.response.toolCalls']))
),

messages AS (
    SELECT span, unnest(CASE
        WHEN json_type(document) = 'ARRAY' THEN json_extract(document, '$[*]')
        WHEN json_type(document, '$.choices') = 'ARRAY' THEN json_extract(document, '$.choices[*].message')
        WHEN json_type(document, '$.generations') = 'ARRAY' THEN json_extract(document, '$.generations[*][*].message.kwargs')
        WHEN json_type(document, '$.candidates') = 'ARRAY' THEN json_extract(document, '$.candidates[*].content')
        WHEN json_type(document, '$.replies') = 'ARRAY' THEN json_extract(document, '$.replies[*]')
        WHEN json_type(document, '$.output') = 'ARRAY' THEN json_extract(document, '$.output[*]')
        WHEN json_type(document, '$.messages') = 'ARRAY' THEN json_extract(document, '$.messages[*]')[-1:]
        WHEN json_type(document, '$.message') = 'OBJECT' THEN [json_extract(document, '$.message')]
        ELSE [json_extract(document, '$')] END) AS message
    FROM documents
),

-- an answer that is a JSON document of the program's own is no message
said AS (
    SELECT span, message
    FROM messages
    WHERE coalesce(json_type(message, '$.role'), json_type(message, '$.tool_calls'), json_type(message, '$.toolName')) IS NOT NULL
       OR (message ->> '$.type') IN ('function_call', 'message', 'ai')
       OR (json_type(message, '$.text') = 'VARCHAR' AND coalesce(json_type(message, '$.toolCalls'), json_type(message, '$.files')) IS NOT NULL)
),

parts AS (
    SELECT span, unnest(
        CASE json_type(message, '$.content') WHEN 'ARRAY' THEN json_extract(message, '$.content[*]') WHEN 'VARCHAR' THEN [message -> '$.content'] ELSE [] END
        || coalesce(json_extract(message, '$.parts[*]'), [])
        || coalesce(json_extract(message, '$.tool_calls[*]'), [])
        || coalesce(json_extract(message, '$.toolCalls[*]'), [])
        || CASE WHEN json_type(message, '$.text') = 'VARCHAR' THEN [message -> '$.text'] ELSE [] END
        || CASE WHEN json_type(message, '$.toolName') IS NOT NULL OR (message ->> '$.type') = 'function_call' THEN [message] ELSE [] END
    ) AS part
    FROM said
),

named AS (
    SELECT span, part, coalesce(part -> '$.functionCall', part -> '$.function', part -> '$.tool_call', part -> '$.toolRequest', part) AS call,
           CASE WHEN json_type(part) = 'OBJECT' AND coalesce(part ->> '$.type', '') NOT IN ('text', 'output_text')
                THEN coalesce(call ->> '$.name', call ->> '$.toolName', call ->> '$.tool_name') END AS call_name
    FROM parts
)

SELECT span,
       CASE WHEN call_name IS NULL THEN coalesce(CASE WHEN json_type(part) = 'VARCHAR' THEN part ->> '$' END, part ->> '$.text', part ->> '$.content', '') END AS text,
       call_name,
       CASE WHEN call_name IS NOT NULL THEN coalesce(part ->> '$.call_id', part ->> '$.id', part ->> '$.toolCallId', call ->> '$.id', call ->> '$.ref') END AS call_id,
       CASE WHEN call_name IS NOT NULL THEN coalesce(call ->> '$.arguments', call ->> '$.input', call ->> '$.args') END AS call_arguments,
       CASE WHEN call_name IS NULL THEN 'text' ELSE 'tool_call' END AS part_type
FROM named
UNION ALL
SELECT DISTINCT span, '', NULL, NULL, NULL, 'empty'
FROM said
