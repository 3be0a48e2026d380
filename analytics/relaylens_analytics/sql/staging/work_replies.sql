-- What models answered: text and requested tool calls, from every encoding in use.
CREATE OR REPLACE TEMP TABLE work_replies AS
WITH model_spans AS (
    SELECT w.trace_id, w.span_id, w.output_text, w.attributes
    FROM work_spans AS w
    JOIN work_classes AS k USING (trace_id, span_id)
    WHERE k.span_class = 'llm'
),

-- one JSON list of messages with parts: on the span, else in a span event or a log event
on_spans AS (
    SELECT trace_id, span_id, output_text AS document
    FROM model_spans
    WHERE attributes['gen_ai.output.messages'] IS NOT NULL AND json_valid(output_text)
),

beside_spans AS (
    SELECT trace_id, span_id, any_value(document) AS document
    FROM (
        SELECT e.trace_id, e.span_id, e.output_messages AS document
        FROM work_events AS e
        JOIN model_spans USING (trace_id, span_id)
        WHERE json_valid(e.output_messages)
        UNION ALL
        SELECT l.trace_id, l.span_id, l.output_messages
        FROM work_logs AS l
        JOIN model_spans USING (trace_id, span_id)
        WHERE json_valid(l.output_messages)
    )
    ANTI JOIN on_spans USING (trace_id, span_id)
    GROUP BY trace_id, span_id
),

chosen_lists AS (
    SELECT * FROM on_spans
    UNION ALL
    SELECT * FROM beside_spans
),

-- what is no list of messages with parts becomes NULL and has no rows
parts AS (
    SELECT trace_id, span_id, unnest(message.parts) AS part
    FROM (
        SELECT trace_id, span_id,
               unnest(from_json(document, '[{"parts": [{"type": "VARCHAR", "content": "VARCHAR", "name": "VARCHAR", "id": "VARCHAR", "arguments": "JSON"}]}]')) AS message
        FROM chosen_lists
    )
),

from_parts AS (
    SELECT trace_id, span_id,
           CASE WHEN part.type = 'text' OR part.type IS NULL THEN coalesce(part.content, '') END AS text,
           CASE WHEN part.type = 'tool_call' THEN part.name END AS call_name,
           CASE WHEN part.type = 'tool_call' THEN part.id END AS call_id,
           CASE WHEN part.type = 'tool_call' THEN part.arguments ->> '$' END AS call_arguments,
           part.type AS part_type
    FROM parts
    UNION ALL
    SELECT trace_id, span_id, '', NULL, NULL, NULL, 'empty'
    FROM chosen_lists
),

-- OpenInference's flattened attributes
flat AS (
    SELECT trace_id, span_id, unnest(list_filter(map_entries(attributes), lambda e: starts_with(e.key, 'llm.output_messages.'))) AS entry
    FROM model_spans
),

from_flat_text AS (
    SELECT trace_id, span_id, coalesce(full_text(entry.value), '') AS text, NULL AS call_name, NULL AS call_id, NULL AS call_arguments, 'text' AS part_type
    FROM flat
    WHERE regexp_matches(entry.key, '^llm\.output_messages\.\d+\.message\.(content|role|contents\.\d+\.message_content\.text)$')
      AND NOT (entry.key LIKE '%.role')
    UNION ALL
    SELECT DISTINCT trace_id, span_id, '', NULL, NULL, NULL, 'empty'
    FROM flat
),

from_flat_calls AS (
    SELECT trace_id, span_id, NULL AS text,
           max(full_text(entry.value)) FILTER (WHERE entry.key LIKE '%.tool_call.function.name') AS call_name,
           max(full_text(entry.value)) FILTER (WHERE entry.key LIKE '%.tool_call.id') AS call_id,
           max(full_text(entry.value)) FILTER (WHERE entry.key LIKE '%.tool_call.function.arguments') AS call_arguments,
           'tool_call' AS part_type
    FROM flat
    WHERE entry.key LIKE 'llm.output_messages.%.tool_calls.%'
    GROUP BY trace_id, span_id, regexp_extract(entry.key, '^(llm\.output_messages\.\d+\.message\.tool_calls\.\d+)', 1)
    HAVING call_name IS NOT NULL
),

-- Bedrock blocks in span events
blocks AS (
    SELECT e.trace_id, e.span_id, unnest(from_json(e.message, '["JSON"]')) AS block
    FROM work_events AS e
    JOIN model_spans USING (trace_id, span_id)
    WHERE e.name = 'gen_ai.choice' AND json_valid(e.message) AND json_type(e.message) = 'ARRAY'
),

from_blocks AS (
    SELECT trace_id, span_id, block ->> '$.text' AS text,
           block ->> '$.toolUse.name' AS call_name, block ->> '$.toolUse.toolUseId' AS call_id, block ->> '$.toolUse.input' AS call_arguments,
           CASE WHEN (block ->> '$.toolUse.name') IS NULL THEN 'text' ELSE 'tool_call' END AS part_type
    FROM blocks
    UNION ALL
    SELECT e.trace_id, e.span_id, CASE WHEN json_valid(e.message) THEN '' ELSE coalesce(e.message, '') END, NULL, NULL, NULL, 'empty'
    FROM work_events AS e
    JOIN model_spans USING (trace_id, span_id)
    WHERE e.name = 'gen_ai.choice'
),

-- a plain text as the whole answer, where nothing more exact was sent
from_text AS (
    SELECT trace_id, span_id, output_text AS text, NULL AS call_name, NULL AS call_id, NULL AS call_arguments, 'text' AS part_type
    FROM model_spans
    WHERE output_text IS NOT NULL AND attributes['gen_ai.output.messages'] IS NULL
      AND len(list_filter(map_keys(attributes), lambda k: starts_with(k, 'llm.output_messages.'))) = 0
)

SELECT * FROM from_parts
UNION ALL SELECT * FROM from_flat_text
UNION ALL SELECT * FROM from_flat_calls
UNION ALL SELECT * FROM from_blocks
UNION ALL SELECT * FROM from_text;
