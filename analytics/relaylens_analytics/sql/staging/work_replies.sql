-- What models answered: text and requested tool calls, from every encoding in use.
WITH model_spans AS (
    SELECT w.span, in_full(w.output, x.text) AS output_text, w.has_output_messages AS has_messages
    FROM work_spans AS w
    SEMI JOIN (SELECT span FROM work_classes WHERE span_class = 'llm') USING (span)
    LEFT JOIN work_texts AS x ON x.cell = w.output
),

-- one JSON list of messages with parts: on the span, else in a span event or a log event
on_spans AS (
    SELECT span, output_text AS document
    FROM model_spans
    ANTI JOIN work_document_replies USING (span)
    WHERE has_messages AND json_valid(output_text)
),

beside_spans AS (
    SELECT span, any_value(document) AS document
    FROM (
        SELECT e.span, e.output_messages AS document
        FROM work_events AS e
        SEMI JOIN model_spans USING (span)
        WHERE json_valid(e.output_messages)
        UNION ALL
        SELECT l.span, l.output_messages
        FROM work_logs AS l
        SEMI JOIN model_spans USING (span)
        WHERE json_valid(l.output_messages)
    )
    ANTI JOIN on_spans USING (span)
    ANTI JOIN work_document_replies USING (span)
    GROUP BY span
),

chosen_lists AS (
    SELECT * FROM on_spans
    UNION ALL
    SELECT * FROM beside_spans
),

-- what is no list of messages with parts becomes NULL and has no rows
parts AS (
    SELECT span, unnest(message.parts) AS part
    FROM (
        SELECT span,
               unnest(from_json(document, '[{"parts": [{"type": "VARCHAR", "content": "VARCHAR", "name": "VARCHAR", "id": "VARCHAR", "arguments": "JSON"}]}]')) AS message
        FROM chosen_lists
    )
),

from_parts AS (
    SELECT span,
           CASE WHEN part.type = 'text' OR part.type IS NULL THEN coalesce(part.content, '') END AS text,
           CASE WHEN part.type = 'tool_call' THEN part.name END AS call_name,
           CASE WHEN part.type = 'tool_call' THEN part.id END AS call_id,
           CASE WHEN part.type = 'tool_call' THEN part.arguments ->> '$' END AS call_arguments,
           part.type AS part_type
    FROM parts
    UNION ALL
    SELECT span, '', NULL, NULL, NULL, 'empty'
    FROM chosen_lists
),

-- Bedrock blocks in span events
blocks AS (
    SELECT e.span, unnest(from_json(e.message, '["JSON"]')) AS block
    FROM work_events AS e
    SEMI JOIN model_spans USING (span)
    WHERE e.name = 'gen_ai.choice' AND json_valid(e.message) AND json_type(e.message) = 'ARRAY'
),

from_blocks AS (
    SELECT span, block ->> '$.text' AS text,
           block ->> '$.toolUse.name' AS call_name, block ->> '$.toolUse.toolUseId' AS call_id, block ->> '$.toolUse.input' AS call_arguments,
           CASE WHEN (block ->> '$.toolUse.name') IS NULL THEN 'text' ELSE 'tool_call' END AS part_type
    FROM blocks
    UNION ALL
    SELECT e.span, CASE WHEN json_valid(e.message) THEN '' ELSE coalesce(e.message, '') END, NULL, NULL, NULL, 'empty'
    FROM work_events AS e
    SEMI JOIN model_spans USING (span)
    WHERE e.name = 'gen_ai.choice'
),

-- a call that ended in order without a word and without a token of an answer
from_nothing AS (
    SELECT w.span, '' AS text, NULL AS call_name, NULL AS call_id, NULL AS call_arguments, 'empty' AS part_type
    FROM work_spans AS w
    SEMI JOIN (SELECT span FROM model_spans WHERE output_text IS NULL) AS m ON m.span = w.span
    ANTI JOIN beside_spans AS b ON b.span = w.span
    ANTI JOIN work_flat_replies AS f ON f.span = w.span
    ANTI JOIN work_document_replies AS d ON d.span = w.span
    WHERE w.output_tokens = 0 AND NOT w.reports_error AND regexp_matches(w.finish_reasons, '(?i)\b(stop|end_turn)\b')
),

-- a plain text as the whole answer, where nothing more exact was sent
from_text AS (
    SELECT span, output_text AS text, NULL AS call_name, NULL AS call_id, NULL AS call_arguments, 'text' AS part_type
    FROM model_spans
    ANTI JOIN work_flat_replies USING (span)
    ANTI JOIN work_document_replies USING (span)
    WHERE output_text IS NOT NULL AND NOT has_messages
)

SELECT * FROM from_parts
UNION ALL SELECT * FROM work_flat_replies
UNION ALL SELECT * FROM work_document_replies
UNION ALL SELECT * FROM from_blocks
UNION ALL SELECT * FROM from_text
UNION ALL SELECT * FROM from_nothing
